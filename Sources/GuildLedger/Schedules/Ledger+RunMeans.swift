package import GuildDomain

/// What a run of an agent has taken so far.
package struct RunMean: Sendable, Hashable {
    /// All classes of tokens, rounded up.
    package let tokens: Int64
    /// How many runs it is the mean of.
    package let runs: Int

    package init(tokens: Int64, runs: Int) {
        self.tokens = tokens
        self.runs = runs
    }
}

extension Ledger {
    /// Runs that the mean is taken over, the latest.
    private static let runsPerMean = 50

    /// The mean tokens per run of an agent's latest ended invocations; nil where none has ended. One that ended before it
    /// called a model tells nothing of what a run takes.
    package func meanTokens(of agent: String) async throws -> RunMean? {
        try await read { db in
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
        return try await read { db in
            try db.value(
                """
                SELECT coalesce(sum(input + cache_read + cache_write + output + reasoning), 0)
                FROM usage_rollups WHERE hour >= ? AND agent = ?
                """, [hour, agent], as: Int64.self) ?? 0
        }
    }

    /// Runs of an agent that are queued or under way, and firings of its schedule since `dueAt` that nobody has decided
    /// yet: what will still spend. An event that retention took was decided.
    package func pendingRuns(of agent: String, schedule: String, since dueAt: Timestamp) async throws -> Int64 {
        try await read { db in
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
