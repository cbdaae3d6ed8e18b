package import GuildDomain

extension ReportLedger {
    /// Firings of one schedule that are looked at, the newest.
    private static let firingLimit = 10_000
    /// Runs of one agent that are looked at, the newest.
    private static let runLimit = 200

    /// The usage of one schedule's finished runs, by the hour in which they were due.
    ///
    /// - Parameter schedule: `AGENT/NAME`.
    package func scheduledRuns(
        of agent: String, schedule: String, since: Timestamp
    ) async throws -> [(hour: Timestamp, usage: RunUsage)] {
        try await ledger.read { db in
            try db.list(
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

    /// The usage of one agent's newest finished runs, whatever called them.
    package func recentRuns(of agent: String) async throws -> RunUsage {
        try await ledger.read { db in
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
