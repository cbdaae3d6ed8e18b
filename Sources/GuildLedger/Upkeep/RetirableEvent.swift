import GuildDomain

/// An event whose time is up, and nothing of whose root is under way or has ended since.
struct RetirableEvent: Sendable {
    let id: EventID
    let receivedAt: Timestamp
    /// Invocations name it, and the accounts name them.
    let hasInvocations: Bool
}
