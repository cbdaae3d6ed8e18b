import GuildDomain

/// The result of a recovery.
package struct Recovery: Sendable, Hashable {
    package var invocations = 0
    package var actions = 0
    package var waits = 0
    /// Reservations whose deadline had passed.
    package var reservations = 0
    /// Queued work that was meant for a dead worker and is now anybody's.
    package var released = 0

    /// Whether nothing had to be recovered.
    package var isEmpty: Bool { self == Recovery() }
}
