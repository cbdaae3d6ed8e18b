import GuildCodex
import GuildLedger

extension CodexSnapshot {
    /// How the slots are shared between chapters; nil where a policy turns that off, or where there is nobody to share
    /// with.
    ///
    /// - Parameter slots: what one process runs at once.
    func fairShare(slots: Int) -> FairShareRule? {
        guard !scheduling.contains(where: { $0.fairShare == false }), !chapters.isEmpty else { return nil }
        var weights: [String: Int] = [:]
        for policy in scheduling { weights.merge(policy.weights) { max($0, $1) } }
        return FairShareRule(
            weights: weights, guarantees: chapters.compactMapValues(\.guaranteedShare),
            slots: concurrencyLimit ?? slots)
    }

    /// Whether CRITICAL work may pause other work; nil where a policy says that it may not.
    func preemption(slots: Int) -> PreemptionRule? {
        guard !scheduling.contains(where: { $0.preemption == false }) else { return nil }
        return PreemptionRule(slots: slots, maxConcurrent: concurrencyLimit, agentLimits: concurrencyLimits)
    }
}
