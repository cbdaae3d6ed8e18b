package import GuildDomain

/// An event that waits until our identity is known.
package struct HeldEvent: Sendable {
    package let event: Event
    package let receivedAt: Timestamp
}
