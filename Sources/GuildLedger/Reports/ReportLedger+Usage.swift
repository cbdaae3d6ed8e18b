package import GuildDomain

extension ReportLedger {
    /// Hours read at once: one read stays short however long the period is.
    private static let hoursPerRead: Int64 = 24 * 7

    /// Spending between two instants, rounded outwards to whole hours; the largest first, days (of UTC) in order.
    package func usage(
        by grouping: UsageGrouping, since: Timestamp, until: Timestamp
    ) async throws -> [UsageLine] {
        if grouping == .root { return try await rootUsage(since: since, until: until).lines }
        let column =
            switch grouping {
            case .agent, .root: "agent"
            case .chapter: "chapter"
            case .model: "model"
            case .day: "hour / 24"
            }
        let hours = HourSpan(since: since, until: until)
        return try await ledger.read { db in
            try db.list(
                """
                SELECT \(column) AS name, \(UsageLine.sums) FROM usage_rollups WHERE hour >= ? AND hour < ? GROUP BY 1
                ORDER BY \(grouping == .day ? "1" : "\(UsageLine.total) DESC, 1")
                """, [hours.first, hours.end]
            ) { row in
                let day = try HourSpan.start(of: row["hour"]).rfc3339.prefix(10)
                return try UsageLine(row: row, name: grouping == .day ? String(day) : row["name"])
            }
        }
    }

    /// Spending of each agent in each chapter, in no order: one pass yields the sums of both.
    package func usageOfAgents(since: Timestamp, until: Timestamp) async throws -> [AgentUsage] {
        let hours = HourSpan(since: since, until: until)
        return try await ledger.read { db in
            try db.list(
                """
                SELECT agent AS name, chapter, \(UsageLine.sums) FROM usage_rollups WHERE hour >= ? AND hour < ?
                GROUP BY 1, 2
                """, [hours.first, hours.end]
            ) { row in
                try AgentUsage(line: UsageLine(row: row, name: row["name"]), chapter: row["chapter"])
            }
        }
    }

    /// Each hour with spending, in order: the parts of days in any time zone.
    package func hourlyUsage(since: Timestamp, until: Timestamp) async throws -> [HourUsage] {
        let hours = HourSpan(since: since, until: until)
        return try await ledger.read { db in
            try db.list(
                """
                SELECT \(UsageLine.sums) FROM usage_rollups WHERE hour >= ? AND hour < ? GROUP BY hour ORDER BY hour
                """, [hours.first, hours.end]
            ) { row in
                let line = try UsageLine(row: row, name: "")
                return HourUsage(at: line.firstHour, line: line)
            }
        }
    }

    /// Each agent's hours in which it spent something, in order.
    ///
    /// - Parameter limit: the most hours looked at; the newest count.
    package func agentHours(since: Timestamp, until: Timestamp, limit: Int64) async throws -> [AgentHour] {
        let span = HourSpan(since: since, until: until)
        var first = max(span.first, span.end.subtractingSaturated(max(0, limit)))
        var hours: [AgentHour] = []
        while first < span.end {
            let start = first
            let end = min(first.addingSaturated(Self.hoursPerRead), span.end)
            hours += try await ledger.read { db in
                try db.list(
                    """
                    SELECT hour, agent, chapter, sum(input + cache_read + cache_write + output + reasoning) AS tokens,
                        sum(cost) AS cost
                    FROM usage_rollups WHERE hour >= ? AND hour < ? GROUP BY hour, agent, chapter
                    """, [start, end]
                ) { row in
                    try AgentHour(
                        at: HourSpan.start(of: row["hour"]), agent: row["agent"], chapter: row["chapter"],
                        tokens: row["tokens"], costMicrodollars: row["cost"])
                }
            }
            first = end
        }
        return hours
    }
}

extension UsageLine {
    /// The sums of a roll-up, for a statement that groups.
    static let sums = """
        min(hour) AS hour, sum(calls) AS calls, sum(input) AS input, sum(cache_read) AS cache_read,
        sum(cache_write) AS cache_write, sum(output) AS output, sum(reasoning) AS reasoning, sum(cost) AS cost,
        sum(estimated) AS estimated
        """
    static let total = "sum(input + cache_read + cache_write + output + reasoning)"

    init(row: LedgerRow, name: String) throws {
        let usage = try TokenUsage(row: row)
        try self.init(
            name: name, calls: row["calls"], usage: usage, tokens: usage.total, costMicrodollars: row["cost"],
            estimatedTokens: row["estimated"], firstHour: HourSpan.start(of: row["hour"]))
    }
}
