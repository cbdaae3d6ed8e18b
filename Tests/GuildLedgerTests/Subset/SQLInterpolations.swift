import GuildDomain

@testable import GuildLedger

/// The values of what the ledger interpolates into SQL, as far as they are not constants: the table to add to when a
/// statement interpolates something new.
struct SQLInterpolations: Sendable {
    enum Meaning: Sendable {
        /// Each of these texts.
        case values([String])
        /// Each of the literals that begin so; an empty beginning means nothing at all.
        case oneOf([String])
        /// The literals that begin so, all together.
        case all([String], joinedBy: String)
    }

    /// By the expression between `\(` and `)`, behind `FILE: ` if other files mean something else by it.
    var meanings: [String: Meaning] = [:]
    /// The texts of a statement whose parts depend on each other, by `FILE: ` and what it has before its first
    /// interpolation.
    var wholes: [String: [String]] = [:]
}

extension SQLInterpolations {
    /// Those of the ledger.
    static let ledger = SQLInterpolations(
        meanings: names.merging(conditions) { first, _ in first }.merging(balances) { first, _ in first },
        wholes: sweeps)

    /// Numbers, names of tables and columns.
    private static let names: [String: Meaning] = [
        "limit": .values(["100"]),
        "HourSpan.microseconds": .values(["\(HourSpan.microseconds)"]),
        "$0.table": .values(RecordKind.allCases.map(\.table)),
        "kind.table": .values(RecordKind.allCases.map(\.table)),
        "priority.rawValue": .values(["2"]),
        "Self.queueBound": .values(["100"]),
        "share.index": .values(["invocations_queue", "invocations_share"]),
        "ReportLedger+Usage.swift: column": .values(["agent", "chapter", "model", "hour / 24"]),
        "AccountStatements+Clock.swift: column": .values(["agent", "chapter", "''"]),
        "RetentionStatements+Forgetting.swift: table": .values([
            "limit_changes", "grants", "throttles", "opening_balances",
        ]),
        "RetentionSweep.swift: table": .values(["usage_rollups", "root_usage"]),
    ]

    /// Conditions and other parts that are chosen when the statement is made.
    private static let conditions: [String: Meaning] = [
        "ids": .values([
            RecordKind.allCases.map { "SELECT id FROM \($0.table) WHERE id BETWEEN ? AND ?" }.joined(
                separator: " UNION ")
        ]),
        "others": .values(["", ", ?4, ?5"]),
        // `NOT IN` of an empty list is left out.
        "LedgerTransaction.places(full.count)": .values(["?, ?"]),
        "RootFilter.condition(\"root\", roots)": .values(roots("root")),
        "RootFilter.condition(\"e.root\", roots)": .values(roots("e.root")),
        "RootFilter.condition(\"m.event\", roots)": .values(roots("m.event")),
        "Self.hasWindows(\"name\")": .values([AccountStatements.hasWindows("name")]),
        "AccountStatements.hasWindows(\"a.name\")": .values([AccountStatements.hasWindows("a.name")]),
        "share.condition": .oneOf(["", "AND priority = ? AND coalesce(chapter"]),
        "heldBack.condition": .oneOf(heldBack),
        "heldBack?.condition ?? \"\"": .oneOf(heldBack),
        "conditions.joined(separator: \" AND \")": .all(
            [
                "a.seq > ?", "a.seq <= ?", "a.kind = ?", "a.actor = ?", "a.root = ?", "a.subject = ?",
                "? IN (a.subject",
                "a.at >= ?", "a.at < ?",
            ], joinedBy: " AND "),
        "BudgetLedger+Entries.swift: scope": .oneOf([
            "reservation IN (SELECT reservation", "reservation IN (SELECT t.reservation",
            "id > (SELECT coalesce(max(id)",
        ]),
        "ReportLedger+Trace.swift: scope": .oneOf(["", "AND root = ?1"]),
        "CapStatements.swift: source": .oneOf([
            "actions INDEXED BY actions_invocation WHERE", "actions INDEXED BY actions_counted WHERE",
            "actions INDEXED BY actions_counted_on WHERE",
        ]),
        "ReportLedger+PendingWork.swift: sql": .oneOf(["SELECT available_at AS t"]),
    ]

    private static let heldBack = [
        "", "AND priority < ?", "AND NOT (priority >= ? AND agent", "AND NOT (priority >= ? AND lower(coalesce(chapter",
    ]

    private static func roots(_ column: String) -> [String] {
        let root = EventID(high: 0, low: 1)
        return [nil, [], [root, root]].map { RootFilter.condition(column, $0) }
    }

    /// The columns of `opening_balances`.
    private static let balances: [String: Meaning] = {
        let columns = OpeningBalance.columns
        return [
            "OpeningBalance.columns.joined(separator: \", \")": .values([columns.joined(separator: ", ")]),
            "LedgerTransaction.places(1 + OpeningBalance.columns.count)": .values([
                LedgerTransaction.places(1 + columns.count)
            ]),
            #"OpeningBalance.columns.map { "\($0) = opening_balances.\($0) + excluded.\($0)" } .joined(separator: ", ")"#:
                .values([columns.map { "\($0) = opening_balances.\($0) + excluded.\($0)" }.joined(separator: ", ")]),
            #"OpeningBalance.columns.map { "o.\($0)" }.joined(separator: ", ")"#: .values([
                columns.map { "o.\($0)" }.joined(separator: ", ")
            ]),
        ]
    }()

    /// Table, key and condition of a sweep belong together.
    private static let sweeps: [String: [String]] = {
        let plan = RetentionPlan(
            rawMessages: .seconds(86_400), aggregatedMetrics: .seconds(86_400), auditLogs: .seconds(86_400),
            policy: "test")
        let sweeps = RetentionSweep.all(plan, now: Timestamp(microseconds: 1 << 50))
        return [
            "RetentionSweep.swift: DELETE FROM": sweeps.map(\.delete),
            "RetentionSweep.swift: SELECT count(*) FROM": sweeps.map(\.select),
        ]
    }()
}
