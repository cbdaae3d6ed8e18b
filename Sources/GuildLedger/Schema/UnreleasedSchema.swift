/// Ledgers from before the schema had a version: 0.1.0 and what was built from its sources up to November 2026.
///
/// Their tables are copied as they are, into tables that are STRICT: the rows, their numbers and so the chain and the
/// entries are the same before and after.
enum UnreleasedSchema {
    /// The last migration of those sources. A ledger that stopped before it never belonged to a release, and is
    /// refused.
    private static let lastMigration = "2026-11-budget-waits"

    /// - Throws: `LedgerFailure.notALedger` if the tables are not a ledger's; `.unusable` if earlier sources made them.
    static func upgrade(_ connection: SQLiteConnection, path: String) throws {
        let transaction = connection.transaction
        try requireLast(transaction, path: path)
        let old = try transaction.column(
            """
            SELECT name FROM sqlite_master
            WHERE type = 'table' AND name NOT IN ('grdb_migrations') AND name NOT LIKE 'sqlite%' ORDER BY name
            """, as: String.self)
        try setAside(old, connection)
        try connection.script(LedgerSchema.tables)
        for table in old {
            guard try exists(table, transaction) else { continue }
            try copy(table, transaction)
            // A number that a message had is not given again, though the message is gone.
            try connection.script(
                """
                DELETE FROM sqlite_sequence WHERE name = '\(table)';
                UPDATE sqlite_sequence SET name = '\(table)' WHERE name = 'before_\(table)';
                DROP TABLE before_\(table);
                """)
        }
        try connection.script("DROP TABLE grdb_migrations")
    }

    /// - Throws: as `upgrade`, for tables that it would refuse.
    static func requireLast(_ transaction: LedgerTransaction, path: String) throws {
        guard try exists("grdb_migrations", transaction) else { throw LedgerFailure.notALedger(path: path) }
        let isLast = "SELECT EXISTS (SELECT 1 FROM grdb_migrations WHERE identifier = ?)"
        guard try transaction.holds(isLast, [lastMigration]) else {
            throw LedgerFailure.unusable(
                path: path, reason: "an unreleased guild wrote it; open it once with the last commit of 0.1.0")
        }
    }

    /// Renames the tables; indices, triggers and the view, which the new tables bring, go.
    private static func setAside(_ tables: [String], _ connection: SQLiteConnection) throws {
        // Without it a renamed table would be followed by the references to it.
        try connection.script("PRAGMA legacy_alter_table = ON")
        let others = try connection.transaction.all(
            "SELECT type, name FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL"
        ) { row in "DROP \(try row[0] as String) \(try row[1] as String)" }
        for statement in others { try connection.script(statement) }
        for table in tables { try connection.script("ALTER TABLE \(table) RENAME TO before_\(table)") }
        try connection.script("PRAGMA legacy_alter_table = OFF")
    }

    /// Copies the columns that both have, after the rows that the new schema begins with.
    private static func copy(_ table: String, _ transaction: LedgerTransaction) throws {
        let columns = "SELECT name FROM pragma_table_info(?)"
        let before = try transaction.column(columns, ["before_\(table)"], as: String.self)
        let names = try transaction.column(columns, [table], as: String.self).filter(before.contains)
        let list = names.joined(separator: ", ")
        let values = names.map { Self.bodies.contains("\(table).\($0)") ? Self.storedPlainly($0) : $0 }
            .joined(separator: ", ")
        try transaction.run("DELETE FROM \(table)")
        try transaction.run("INSERT INTO \(table) (\(list)) SELECT \(values) FROM before_\(table)")
    }

    /// Columns of bodies, which were stored as they are and now begin with their form.
    private static let bodies: Set = ["events.body", "turns.delta"]

    /// In the form of `BodyCodec` that is not compressed; an erased body stays empty.
    private static func storedPlainly(_ column: String) -> String {
        "CASE WHEN length(\(column)) > 0 THEN CAST(x'00' || \(column) AS BLOB) ELSE \(column) END"
    }

    private static func exists(_ table: String, _ transaction: LedgerTransaction) throws -> Bool {
        try transaction.holds("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?)", [table])
    }
}
