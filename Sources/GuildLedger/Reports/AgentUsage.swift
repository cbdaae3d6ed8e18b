import GuildDomain

/// One agent's spending in a span of time, in one chapter.
package struct AgentUsage: Sendable, Hashable {
    /// Named by the agent.
    package let line: UsageLine
    /// The chapter that the agent then belonged to; empty for none.
    package let chapter: String
}
