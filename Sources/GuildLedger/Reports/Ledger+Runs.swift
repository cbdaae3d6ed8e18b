package import GuildDomain

/// What finished runs used, put together.
package struct RunUsage: Sendable, Hashable {
    package var runs: Int64
    package var tokens: Int64
    package var costMicrodollars: Int64

    package static let none = RunUsage(runs: 0, tokens: 0, costMicrodollars: 0)

    package init(runs: Int64, tokens: Int64, costMicrodollars: Int64) {
        self.runs = runs
        self.tokens = tokens
        self.costMicrodollars = costMicrodollars
    }

    package static func += (left: inout Self, right: Self) {
        left.runs = left.runs.addingSaturated(right.runs)
        left.tokens = left.tokens.addingSaturated(right.tokens)
        left.costMicrodollars = left.costMicrodollars.addingSaturated(right.costMicrodollars)
    }
}

extension Ledger {
    /// Firings of one schedule that are looked at, the newest.
    private static let firingLimit = 10_000
    /// Runs of one agent that are looked at, the newest.
    private static let runLimit = 200

    /// What the finished runs of one schedule used, by the hour in which they were due.
    ///
    /// - Parameter schedule: `AGENT/NAME`.
    package func scheduledRuns(
        of agent: String, schedule: String, since: Timestamp
    ) async throws -> [(hour: Timestamp, usage: RunUsage)] {
        try await read { db in
            try db.all(
                """
                SELECT f.due_at / \(HourSpan.microseconds) AS hour, \(RunUsage.sums)
                FROM (SELECT due_at, event FROM firings WHERE schedule = ? AND due_at >= ?
                      ORDER BY due_at DESC LIMIT \(Self.firingLimit)) f
                    JOIN invocations i ON i.event = f.event AND i.agent = ?
                WHERE i.ended_at IS NOT NULL GROUP BY 1 ORDER BY 1
                """, [schedule, since, agent]
            ) { row in try (HourSpan.start(of: row["hour"]), RunUsage(row: row)) }
        }
    }

    /// What the newest finished runs of one agent used, whatever called them.
    package func recentRuns(of agent: String) async throws -> RunUsage {
        try await read { db in
            try db.first(
                """
                SELECT \(RunUsage.sums) FROM (SELECT * FROM invocations WHERE agent = ? AND ended_at IS NOT NULL
                    ORDER BY seq DESC LIMIT \(Self.runLimit)) i
                """, [agent], read: RunUsage.init(row:)) ?? .none
        }
    }
}

extension RunUsage {
    fileprivate static let sums = """
        count(*) AS runs, coalesce(sum(i.input + i.cache_read + i.cache_write + i.output + i.reasoning), 0) AS tokens,
        coalesce(sum(i.cost), 0) AS cost
        """

    fileprivate init(row: LedgerRow) throws {
        try self.init(runs: row["runs"], tokens: row["tokens"], costMicrodollars: row["cost"])
    }
}
