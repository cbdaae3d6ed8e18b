package import GuildDomain

extension ScheduleLedger {
    /// Runs that the mean is taken over, the latest.
    private static let runsPerMean = 50

    /// The mean tokens per run of an agent's latest ended invocations; nil if none has ended. A run that ended before
    /// it called a model does not count.
    package func meanTokens(of agent: String) async throws -> RunMean? {
        try await ledger.read { db in
            let sum = try db.first(
                """
                SELECT count(*) AS runs, sum(tokens) AS tokens FROM (
                    SELECT input + cache_read + cache_write + output + reasoning AS tokens FROM invocations
                    WHERE agent = ? AND state IN ('succeeded', 'failed')
                    AND input + cache_read + cache_write + output + reasoning > 0 ORDER BY seq DESC LIMIT ?) AS last
                """, [agent, Self.runsPerMean]
            ) { row in (runs: try row["runs"] as Int64, tokens: try row["tokens"] as Int64?) }
            guard let sum, sum.runs > 0, let tokens = sum.tokens else { return nil }
            // Rounded up.
            let mean = tokens / sum.runs + (tokens % sum.runs == 0 ? 0 : 1)
            return RunMean(tokens: mean, runs: Int(sum.runs))
        }
    }

    /// Tokens that an agent has used since an instant, rounded down to its hour.
    package func tokensUsed(by agent: String, since: Timestamp) async throws -> Int64 {
        let hour = since.microseconds.floorDivided(by: 3_600_000_000).quotient
        return try await ledger.read { db in
            try db.value(
                """
                SELECT coalesce(sum(input + cache_read + cache_write + output + reasoning), 0)
                FROM usage_rollups WHERE hour >= ? AND agent = ?
                """, [hour, agent], as: Int64.self) ?? 0
        }
    }

    /// Queued and active runs of an agent, and undecided firings of its schedule since `dueAt`: they will still spend.
    /// An event that retention deleted was decided.
    package func pendingRuns(of agent: String, schedule: String, since dueAt: Timestamp) async throws -> Int64 {
        try await ledger.read { db in
            try db.value(
                """
                SELECT (SELECT count(*) FROM invocations WHERE agent = ?1
                        AND state NOT IN ('succeeded', 'failed', 'cancelled', 'expired'))
                    + (SELECT count(*) FROM firings f WHERE schedule = ?2 AND due_at >= ?3
                        AND EXISTS (SELECT 1 FROM events WHERE id = f.event)
                        AND NOT EXISTS (SELECT 1 FROM decisions WHERE event = f.event))
                """, [agent, schedule, dueAt], as: Int64.self) ?? 0
        }
    }
}
