package import GuildDomain

/// The actions that wait at one cap of one agent.
package struct CapQueue: Sendable, Hashable {
    package let agent: String
    package let hold: CapHold
    package let waiting: Int
    package let since: Timestamp
}
