package import GuildDomain

/// An agent's state: its current work, the outcomes of the last day, and whether somebody has paused it.
package struct AgentHealth: Sendable, Hashable {
    /// The span of the daily figures.
    package static let window = Duration.seconds(86_400)
    /// Invocations of one agent that are looked at, of those that have ended and of those that have not; of a busier
    /// one the newest count.
    package static let sample = 1000

    package let agent: String
    /// Those that have not ended.
    package var byState: [String: Int] = [:]
    /// The newest invocation.
    package var lastInvocation: InvocationID?
    package var lastStartedAt: Timestamp?
    package var lastEndedAt: Timestamp?
    /// The state of the last invocation that has ended.
    package var lastState: String?
    package var consecutiveFailures = 0
    /// Invocations that ended within the window, and those of them that failed.
    package var ended = 0
    package var failed = 0
    /// From the start to the end of those that ended, in milliseconds: the nearest rank of half and of 95 percent.
    package var medianMilliseconds: Int64?
    package var percentile95Milliseconds: Int64?
    /// Of invocations made within the window, all classes together.
    package var tokens: Int64 = 0
    package var costMicrodollars: Int64 = 0
    /// Set while somebody has paused the agent.
    package var pause: AgentPause?

    package init(agent: String) { self.agent = agent }

    /// From 0 to 1; nil if nothing ended.
    package var errorRate: Double? { ended == 0 ? nil : Double(failed) / Double(ended) }
}
