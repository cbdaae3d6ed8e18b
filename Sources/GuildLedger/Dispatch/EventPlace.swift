import GuildDomain

/// An event as decisions and invocations name it.
struct EventPlace: Sendable {
    let id: EventID
    let root: EventID
}
