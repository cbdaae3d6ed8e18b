package import GuildDomain

/// One agent's spending in one hour of UTC.
package struct AgentHour: Sendable, Hashable {
    /// Its beginning.
    package let at: Timestamp
    package let agent: String
    /// The chapter that the agent then belonged to; empty for none.
    package let chapter: String
    package let tokens: Int64
    package let costMicrodollars: Int64
}
