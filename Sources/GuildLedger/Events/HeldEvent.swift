package import GuildDomain

/// An event that waits until it is known who we are.
package struct HeldEvent: Sendable {
    package let event: Event
    package let receivedAt: Timestamp
}
