import GuildDomain

/// An event of which nothing is left but that it was.
struct ForgettableEvent: Sendable {
    let id: EventID
    let root: EventID
    let receivedAt: Timestamp
    let invocations: Int
}
