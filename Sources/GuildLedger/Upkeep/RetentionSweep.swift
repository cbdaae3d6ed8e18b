import GRDB
import GuildDomain

/// Rows that go by their age alone.
struct RetentionSweep: Sendable {
    /// Rows that one transaction deletes.
    private static let rows = 500
    /// Ended workers and past firings are looked at by people for a while.
    private static let recordsKept = Duration.seconds(7 * 86_400)

    let count: any WritableKeyPath<RetentionReport, Int> & Sendable
    let delete: String
    let select: String
    let arguments: StatementArguments

    /// - Parameter key: the primary key's columns.
    private init(
        _ count: any WritableKeyPath<RetentionReport, Int> & Sendable, _ table: String, key: String,
        where condition: String,
        _ arguments: StatementArguments
    ) {
        self.count = count
        self.arguments = arguments
        delete = """
            DELETE FROM \(table) WHERE (\(key)) IN (SELECT \(key) FROM \(table) WHERE \(condition) LIMIT \(Self.rows))
            """
        select = "SELECT count(*) FROM \(table) WHERE \(condition)"
    }

    static func all(_ plan: RetentionPlan, now: Timestamp) -> [RetentionSweep] {
        let past = now - recordsKept
        var sweeps = [
            RetentionSweep(\.digests, "dedup", key: "digest", where: "expires_at <= ?", [now]),
            RetentionSweep(
                \.notifications, "notifications", key: "seq", where: "at < ?", [now - plan.rawMessages]),
            RetentionSweep(\.workers, "workers", key: "id", where: "ended_at < ?", [past]),
            // A due time after the mark may be looked at again, and the firing is what keeps it from firing twice.
            RetentionSweep(
                \.firings, "firings", key: "schedule, due_at",
                where: """
                    due_at < ?1 AND NOT EXISTS
                        (SELECT 1 FROM schedules s WHERE s.id = schedule AND s.seen_until - 86400000000 <= due_at)
                    """, [past]),
        ]
        if let cutoff = plan.aggregatedMetrics.map({ now - $0 }) {
            let hour = cutoff.seconds.floorDivided(by: 3600).quotient
            sweeps += [
                RetentionSweep(
                    \.metrics, "usage_rollups", key: "hour, agent, chapter, model", where: "hour < ?", [hour]),
                RetentionSweep(\.metrics, "root_totals", key: "root", where: "last_at < ?", [cutoff]),
            ]
        }
        return sweeps
    }
}
