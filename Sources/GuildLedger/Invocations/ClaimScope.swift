package import GuildDomain

/// Which invocations a worker may claim.
package struct ClaimScope: Sendable {
    /// Only those of one causal root, as in `guild run`.
    package var root: EventID?
    /// The most that may run at once, by agent; an agent without an entry has no limit.
    package var limits: [String: Int]
    /// The most runs at a time in all processes; nil means no limit. Work of one root ignores it.
    package var maxConcurrent: Int?
    /// Nil takes the oldest of a priority, whose ever it is.
    package var fairShare: FairShareRule?

    package init(
        root: EventID? = nil, limits: [String: Int] = [:], maxConcurrent: Int? = nil, fairShare: FairShareRule? = nil
    ) {
        self.root = root
        self.limits = limits
        self.maxConcurrent = maxConcurrent
        self.fairShare = fairShare
    }
}
