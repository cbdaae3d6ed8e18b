import GuildDomain

/// The room that there is for urgent work.
package struct PreemptionRule: Sendable, Hashable {
    /// The runs of one process at a time.
    package var slots: Int
    /// The runs of all processes at a time; nil means no limit.
    package var maxConcurrent: Int?
    /// The most that may run at once, by agent.
    package var agentLimits: [String: Int]

    package init(slots: Int, maxConcurrent: Int? = nil, agentLimits: [String: Int] = [:]) {
        self.slots = slots
        self.maxConcurrent = maxConcurrent
        self.agentLimits = agentLimits
    }
}
