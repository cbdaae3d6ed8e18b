package import GuildDomain

/// A firing that waits for an earlier run of its schedule to end.
package struct BufferedFiring: Sendable, Hashable {
    package let schedule: String
    package let dueAt: Timestamp
}
