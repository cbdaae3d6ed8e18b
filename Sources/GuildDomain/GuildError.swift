/// The meaning of a failure to the caller; each kind has one exit status (README.md, "Commands") and one HTTP status.
package enum ErrorKind: Int32, Sendable, CaseIterable {
    /// A failed invocation, nonsense from a model.
    case failed = 1
    /// Wrong usage: an unknown agent, revision or option.
    case usage = 2
    /// The codex has errors.
    case invalidCodex = 3
    case outOfBudget = 4
    /// Refused by policy, or waiting for a person.
    case refused = 5
    /// A dependency is unavailable: repository, ledger, provider.
    case unavailable = 6
    case interrupted = 130

    /// The exit status of a command that fails in this way.
    package var exitStatus: Int32 { rawValue }
}

/// An error that a person may read: the message names the place and the problem, the hint the next step.
package protocol GuildError: Error, CustomStringConvertible {
    var kind: ErrorKind { get }
    var message: String { get }
    var hint: String? { get }
}

extension GuildError {
    package var description: String { hint.map { "\(message)\n  hint: \($0)" } ?? message }

    /// Message and hint for a place that has one line.
    package var oneLine: String { hint.map { "\(message); \($0)" } ?? message }
}

/// A failure with nothing to say to code, only to people.
package struct Failure: GuildError, Equatable {
    package let kind: ErrorKind
    package let message: String
    package let hint: String?

    /// A failure with a message (place and problem) and the next step.
    package init(_ kind: ErrorKind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }
}
