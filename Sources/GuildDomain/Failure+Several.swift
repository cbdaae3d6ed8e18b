extension Failure {
    /// One failure with the messages of several and the first one's hint; nil if there is none.
    package static func together(_ failures: [any GuildError]) -> Failure? {
        guard let first = failures.first else { return nil }
        return Failure(first.kind, failures.map(\.message).joined(separator: "\n"), hint: first.hint)
    }
}
