package import GuildDomain

/// The held events of one system.
package struct HeldStanding: Sendable, Hashable {
    package let system: String
    package let count: Int
    package let since: Timestamp
    /// Why our identity is unknown; nil if nobody has asked yet.
    package let reason: String?

    /// When the first of them is decided as blocked.
    package var until: Timestamp { since + EventHold.longest }
}
