extension Failure {
    /// One failure that says what several say, with the first one's hint; nil where there is none.
    package static func together(_ failures: [any GuildError]) -> Failure? {
        guard let first = failures.first else { return nil }
        return Failure(first.kind, failures.map(\.message).joined(separator: "\n"), hint: first.hint)
    }
}
