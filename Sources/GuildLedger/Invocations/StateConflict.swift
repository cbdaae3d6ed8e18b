package import GuildDomain

/// A step that the state of the work does not allow: it fails that work, and no more.
package struct StateConflict: GuildError, Equatable {
    /// For people: `invocation 01…`.
    package let subject: String
    /// For people: `cannot go from queued to succeeded`.
    package let reason: String

    package init(subject: String, reason: String) {
        self.subject = subject
        self.reason = reason
    }

    package var kind: ErrorKind { .failed }
    package var message: String { "\(subject): \(reason)" }
    package var hint: String? { nil }
}
