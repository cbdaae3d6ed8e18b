import GRDB

/// Whether a ledger's tables, indices and triggers are those that the migrations make. Triggers refuse changes of the audit
/// and the books, so one that is gone, and one that somebody added, makes every other finding worth less.
extension LedgerSchema {
    /// What differs: `the trigger audit_kept is missing`.
    static func differences(in db: Database) throws -> [String] {
        let made = try DatabaseQueue()
        try migrator().migrate(made)
        let (expected, found) = (try made.read(objects), try objects(in: db))
        return Set(expected.keys).union(found.keys).sorted().compactMap { name -> String? in
            switch (expected[name], found[name]) {
            case (_?, nil): "the \(name) is missing"
            case (nil, _?): "the \(name) is none that guild makes"
            case (let one, let other): one == other ? nil : "the \(name) is not as guild makes it"
            }
        }
    }

    /// The SQL of each object by its type and name, without what versions of SQLite write differently. SQLite's own, such
    /// as its statistics, are left out.
    private static func objects(in db: Database) throws -> [String: String] {
        let rows = try Row.fetchAll(
            db, sql: "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
        return Dictionary(
            rows.map { row in
                let sql = (row["sql"] as String? ?? "").filter { $0 != "\"" && !$0.isWhitespace }
                return ("\(row["type"] as String) \(row["name"] as String)", sql)
            }, uniquingKeysWith: { first, _ in first })
    }
}
