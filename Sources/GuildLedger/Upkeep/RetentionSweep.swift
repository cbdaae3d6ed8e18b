import GuildDomain

/// Rows that go by their age alone.
struct RetentionSweep: Sendable {
    /// Rows that one transaction deletes.
    private static let rows = 500
    /// Ended workers are looked at by people for a while.
    private static let workersKept = Duration.seconds(7 * 86_400)
    /// One day more than a backfill looks back, which may begin slightly earlier.
    private static let firingsKept = Firing.backfillReach + .seconds(86_400)

    let count: any WritableKeyPath<RetentionReport, Int> & Sendable
    let delete: String
    let select: String
    let arguments: [(any Storable)?]

    /// - Parameter key: the primary key's columns.
    private init(
        _ count: any WritableKeyPath<RetentionReport, Int> & Sendable, _ table: String, key: String,
        where condition: String,
        _ arguments: [(any Storable)?]
    ) {
        self.count = count
        self.arguments = arguments
        delete = """
            DELETE FROM \(table) WHERE (\(key)) IN (SELECT \(key) FROM \(table) WHERE \(condition) LIMIT \(Self.rows))
            """
        select = "SELECT count(*) FROM \(table) WHERE \(condition)"
    }

    static func all(_ plan: RetentionPlan, now: Timestamp) -> [RetentionSweep] {
        var sweeps = [
            RetentionSweep(\.digests, "dedup", key: "digest", where: "expires_at <= ?", [now]),
            RetentionSweep(
                \.notifications, "notifications", key: "seq", where: "at < ?", [now - plan.rawMessages]),
            RetentionSweep(\.workers, "workers", key: "id", where: "ended_at < ?", [now - workersKept]),
            // A due time after the mark may be examined again, and the firing prevents it from firing twice.
            RetentionSweep(
                \.firings, "firings", key: "schedule, due_at",
                where: """
                    due_at < ? AND NOT EXISTS
                        (SELECT 1 FROM schedules s WHERE s.id = schedule AND s.seen_until - 86400000000 <= due_at)
                    """, [now - firingsKept]),
        ]
        sweeps.append(
            RetentionSweep(
                \.metrics, "root_usage", key: "hour, root", where: "hour < ?", [plan.rootUsageHour(now: now)]))
        if let hour = plan.rollUpHour(now: now), let cutoff = plan.aggregatedMetrics.map({ now - $0 }) {
            sweeps += [
                RetentionSweep(
                    \.metrics, "usage_rollups", key: "hour, agent, chapter, model", where: "hour < ?", [hour]),
                RetentionSweep(\.metrics, "root_totals", key: "root", where: "last_at < ?", [cutoff]),
            ]
        }
        return sweeps
    }
}

extension RetentionPlan {
    /// The calendar periods of budgets are recounted from roll-ups if the organisation's time zone changes.
    private static let rollUpsKept = Duration.seconds(62 * 86_400)

    /// The first hour whose roll-ups stay; nil if all do.
    func rollUpHour(now: Timestamp) -> Int64? {
        aggregatedMetrics.map { (now - max($0, Self.rollUpsKept)).seconds.floorDivided(by: 3600).quotient }
    }

    /// The first hour of which the roll-up by root stays: where no policy says so, a root whose invocations are gone is
    /// only a number.
    func rootUsageHour(now: Timestamp) -> Int64 {
        rollUpHour(now: now) ?? (now - booksKept).seconds.floorDivided(by: 3600).quotient
    }
}

extension RetentionStatements {
    /// The first hour of which roll-ups are kept, by agent or (`root_usage`) by root.
    func rollUpsDeletedBefore(_ table: String = "usage_rollups") throws -> Int64 {
        try db.value("SELECT until FROM retention_marks WHERE name = ?", [table]) ?? .min
    }

    func hasRollUps(_ table: String, before hour: Int64) throws -> Bool {
        try db.holds("SELECT EXISTS (SELECT 1 FROM \(table) WHERE hour < ?)", [hour])
    }

    /// Notes, before they go, that roll-ups of earlier hours are deleted.
    func markRollUps(_ table: String, deletedBefore hour: Int64) throws {
        try db.run(
            """
            INSERT INTO retention_marks (name, until) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET
                until = CASE WHEN retention_marks.until > excluded.until THEN retention_marks.until
                    ELSE excluded.until END
            """, [table, hour])
    }
}
