import GuildDomain

/// Whether an event may be decided at once: one that our own writes may have caused waits until it is known who we are.
package enum EventHold: Sendable, Hashable {
    case none
    /// It is known who we are; only what came before it may still be held.
    case behindOthers
    case untilIdentityIsKnown

    /// After so long it is decided as blocked.
    package static let longest = Duration.seconds(24 * 3600)
}
