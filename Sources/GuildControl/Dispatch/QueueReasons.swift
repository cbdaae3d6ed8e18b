package import GuildCodex
package import GuildDomain
package import GuildLedger

/// Why queued work does not run yet: the rules of a claim, in words.
package struct QueueReasons: Sendable {
    private let alerts: AlertLevels
    private let limits: [String: Int]
    private let maxConcurrent: Int?
    private let running: [String: Int]
    private let now: Timestamp

    /// - Parameters:
    ///   - snapshot: nil leaves out the codex's limits.
    ///   - running: the number of running invocations, by agent.
    package init(_ snapshot: CodexSnapshot?, alerts: AlertLevels, running: [String: Int], now: Timestamp) {
        self.alerts = alerts
        self.running = running
        self.now = now
        limits = snapshot?.concurrencyLimits ?? [:]
        maxConcurrent = snapshot?.concurrencyLimit
    }

    /// - Returns: nil if the invocation is not queued.
    package func reason(of invocation: Invocation) -> String? {
        guard invocation.state == .queued else { return nil }
        if invocation.availableAt > now { return "its next try" }
        if let alert = alerts.holding(
            invocation.priority, agent: invocation.agent, chapter: invocation.chapter)
        {
            return "the \(alert.level.name) alert of \(alert.account)"
        }
        let mine = running[invocation.agent] ?? 0
        if let limit = limits[invocation.agent], mine >= limit {
            return "\(invocation.agent)'s limit of \(limit) at once"
        }
        if let maxConcurrent, running.values.reduce(0, +) >= maxConcurrent {
            return "the limit of \(maxConcurrent) at once for all agents"
        }
        return "an executor"
    }
}
