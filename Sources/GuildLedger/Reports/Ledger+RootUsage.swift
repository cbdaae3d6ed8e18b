import GRDB
package import GuildDomain

/// What causal roots spent in a period.
package struct RootUsage: Sendable, Hashable {
    /// The largest first.
    package let lines: [UsageLine]
    /// Roots that spent something, beyond those in `lines` too.
    package let count: Int64
}

extension Ledger {
    /// Roots of one report: who asks for more asks for a shorter period.
    package static let rootLimit = 1000

    /// Spending by causal root between two instants, rounded outwards to whole hours.
    package func rootUsage(since: Timestamp, until: Timestamp) async throws -> RootUsage {
        let hours = HourSpan(since: since, until: until)
        return try await read { db in
            let lines = try Row.fetchAll(
                db,
                sql: """
                    SELECT root, \(UsageLine.sums) FROM root_usage WHERE hour >= ? AND hour < ? GROUP BY root
                    ORDER BY \(UsageLine.total) DESC, root LIMIT \(Self.rootLimit)
                    """, arguments: [hours.first, hours.end]
            ).map { row in UsageLine(row: row, name: (row["root"] as EventID).description) }
            let count = try Int64.fetchOne(
                db, sql: "SELECT count(DISTINCT root) FROM root_usage WHERE hour >= ? AND hour < ?",
                arguments: [hours.first, hours.end])
            return RootUsage(lines: lines, count: count ?? 0)
        }
    }
}

extension Database {
    /// Adds a settled call to the hourly roll-up of its root.
    func rollUp(root: EventID, hour: Int64, usage: TokenUsage, cost: Int64, estimated: Bool) throws {
        try cachedStatement(
            sql: """
                INSERT INTO root_usage VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (hour, root) DO UPDATE SET calls = calls + 1, input = input + excluded.input,
                    cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write,
                    output = output + excluded.output, reasoning = reasoning + excluded.reasoning,
                    cost = cost + excluded.cost, estimated = estimated + excluded.estimated
                """
        ).execute(arguments: [
            hour, root, usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning, cost,
            estimated ? usage.total : 0,
        ])
    }
}
