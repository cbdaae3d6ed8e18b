import GuildCodex
import GuildLedger

extension CodexSnapshot {
    /// How chapters share the slots; nil if a policy turns that off, or if there is only one chapter.
    ///
    /// - Parameter slots: the number of runs that one process executes at a time.
    func fairShare(slots: Int) -> FairShareRule? {
        guard !scheduling.contains(where: { $0.fairShare == false }), !chapters.isEmpty else { return nil }
        var weights: [String: Int] = [:]
        for policy in scheduling { weights.merge(policy.weights) { max($0, $1) } }
        return FairShareRule(
            weights: weights, guarantees: chapters.compactMapValues(\.guaranteedShare),
            slots: concurrencyLimit ?? slots)
    }

    /// Whether CRITICAL work may pause other work; nil if a policy says that it may not.
    func preemption(slots: Int) -> PreemptionRule? {
        guard !scheduling.contains(where: { $0.preemption == false }) else { return nil }
        return PreemptionRule(slots: slots, maxConcurrent: concurrencyLimit, agentLimits: concurrencyLimits)
    }
}
