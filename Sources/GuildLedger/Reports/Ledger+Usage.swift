import GRDB
package import GuildDomain

/// How `guild budget report` groups.
package enum UsageGrouping: String, Sendable, CaseIterable {
    case agent, chapter, model, day, root
}

/// Used tokens and money of one group, from the hourly roll-ups.
package struct UsageLine: Sendable, Hashable {
    package let name: String
    package let calls: Int64
    package let usage: TokenUsage
    /// All classes together; for roots the only figure kept.
    package let tokens: Int64
    package let costMicrodollars: Int64
    /// Of `tokens`, those posted at a bound because the provider never reported.
    package let estimatedTokens: Int64
}

extension Ledger {
    /// Spending between two instants, rounded outwards to whole hours; the largest first, days in order.
    package func usage(
        by grouping: UsageGrouping, since: Timestamp, until: Timestamp
    ) async throws -> [UsageLine] {
        if grouping == .root { return try await usageByRoot(since: since, until: until) }
        let column =
            switch grouping {
            case .agent, .root: "agent"
            case .chapter: "chapter"
            case .model: "model"
            case .day: "strftime('%Y-%m-%d', hour * 3600, 'unixepoch')"
            }
        let hour: Int64 = 3_600_000_000
        let hours = (
            since.microseconds.floorDivided(by: hour).quotient,
            until.microseconds.addingSaturated(hour - 1).floorDivided(by: hour).quotient
        )
        return try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(column) AS name, sum(calls) AS calls, sum(input) AS input, sum(cache_read) AS cache_read,
                        sum(cache_write) AS cache_write, sum(output) AS output, sum(reasoning) AS reasoning,
                        sum(cost) AS cost, sum(estimated) AS estimated
                    FROM usage_rollups WHERE hour >= ? AND hour < ? GROUP BY 1
                    ORDER BY \(grouping == .day ? "1" : "sum(input + cache_read + cache_write + output + reasoning) DESC, 1")
                    """, arguments: [hours.0, hours.1]
            ).map { row in
                let usage = TokenUsage(row: row)
                return UsageLine(
                    name: row["name"], calls: row["calls"], usage: usage, tokens: usage.total,
                    costMicrodollars: row["cost"], estimatedTokens: row["estimated"])
            }
        }
    }

    private func usageByRoot(since: Timestamp, until: Timestamp) async throws -> [UsageLine] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM root_totals WHERE last_at >= ? AND last_at < ? ORDER BY tokens DESC LIMIT 1000
                    """, arguments: [since, until]
            ).map { row in
                let root: EventID = row["root"]
                return UsageLine(
                    name: root.description, calls: row["calls"], usage: .zero, tokens: row["tokens"],
                    costMicrodollars: row["cost"], estimatedTokens: 0)
            }
        }
    }
}
