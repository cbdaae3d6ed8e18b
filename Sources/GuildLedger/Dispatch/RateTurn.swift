package import GuildDomain

/// The result of asking for a slot.
package enum RateTurn: Sendable, Hashable {
    /// The slot is taken, for now or for this later instant.
    case at(Timestamp)
    /// A limit refuses instead of letting wait; nothing is taken.
    case refused(RateExceeded)
}
