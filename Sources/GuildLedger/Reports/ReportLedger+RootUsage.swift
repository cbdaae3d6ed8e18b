package import GuildDomain

extension ReportLedger {
    /// The most roots of one report: for more, choose a shorter period.
    package static let rootLimit = 1000

    /// Spending by causal root between two instants, rounded outwards to whole hours.
    package func rootUsage(since: Timestamp, until: Timestamp) async throws -> RootUsage {
        let hours = HourSpan(since: since, until: until)
        return try await ledger.read { db in
            let lines = try db.list(
                """
                SELECT root, \(UsageLine.sums) FROM root_usage WHERE hour >= ? AND hour < ? GROUP BY root
                ORDER BY \(UsageLine.total) DESC, root LIMIT \(Self.rootLimit)
                """, [hours.first, hours.end]
            ) { row in try UsageLine(row: row, name: (row["root"] as EventID).description) }
            let count = try db.value(
                "SELECT count(DISTINCT root) FROM root_usage WHERE hour >= ? AND hour < ?", [hours.first, hours.end],
                as: Int64.self)
            return RootUsage(lines: lines, count: count ?? 0)
        }
    }
}

extension ReportStatements {
    /// Adds a settled call to the hourly roll-up of its root.
    func rollUp(root: EventID, hour: Int64, usage: TokenUsage, cost: Int64, estimated: Bool) throws {
        try db.run(
            """
            INSERT INTO root_usage (hour, root, calls, input, cache_read, cache_write, output, reasoning, cost, estimated)
            VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (hour, root) DO UPDATE SET calls = root_usage.calls + 1, input = root_usage.input + excluded.input,
                cache_read = root_usage.cache_read + excluded.cache_read, cache_write = root_usage.cache_write + excluded.cache_write,
                output = root_usage.output + excluded.output, reasoning = root_usage.reasoning + excluded.reasoning,
                cost = root_usage.cost + excluded.cost, estimated = root_usage.estimated + excluded.estimated
            """,
            [
                hour, root, usage.input, usage.cacheRead, usage.cacheWrite,
                usage.output, usage.reasoning, cost,
                estimated ? usage.total : 0,
            ])
    }
}

extension ReportStatements {
    /// Compares the roll-up by root with the one by agent, chapter and model, which is itself compared with the entries:
    /// hour by hour both must say the same, as far as they are kept.
    func compareRootUsage(into result: inout BudgetVerification) throws {
        let sums = """
            hour, sum(calls), sum(input), sum(cache_read), sum(cache_write), sum(output), sum(reasoning), sum(cost),
            sum(estimated)
            """
        let roots = "SELECT \(sums) FROM root_usage WHERE hour >= ?1 GROUP BY hour"
        let agents = "SELECT \(sums) FROM usage_rollups WHERE hour >= ?1 GROUP BY hour"
        let hours = try db.column(
            """
            SELECT hour FROM (\(roots) EXCEPT \(agents)) AS a UNION
            SELECT hour FROM (\(agents) EXCEPT \(roots)) AS b ORDER BY hour
            """, [max(db.retention.rollUpsDeletedBefore(), db.retention.rollUpsDeletedBefore("root_usage"))],
            as: Int64.self)
        for hour in hours {
            guard result.findings.count < BudgetVerification.findingLimit else {
                result.moreFindings += 1
                continue
            }
            result.findings.append(
                BudgetVerification.Finding(
                    kind: .counter, place: "usage of roots in hour \(HourSpan.start(of: hour).rfc3339)",
                    problem: "it differs from the agents' usage in that hour"))
        }
    }
}
