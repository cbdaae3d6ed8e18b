extension LedgerSchema {
    /// Compares a ledger's tables, indices and triggers with those that guild makes. Triggers refuse changes of the
    /// audit and the accounts, so a missing one, or an added one, makes every other finding worth less.
    ///
    /// - Returns: each difference: `the trigger audit_kept is missing`.
    static func differences(in db: LedgerTransaction) throws -> [String] {
        let made = try SQLiteConnection(path: ":memory:")
        try made.script(tables)
        let expected = try objects(in: made.transaction)
        let found = try objects(in: db)
        return Set(expected.keys).union(found.keys).sorted().compactMap { name -> String? in
            switch (expected[name], found[name]) {
            case (_?, nil): "the \(name) is missing"
            case (nil, _?): "the \(name) is none that guild makes"
            case (let one, let other): one == other ? nil : "the \(name) is not as guild makes it"
            }
        }
    }

    /// The SQL of each object by its type and name, without what versions of SQLite write differently. SQLite's own,
    /// such as its statistics, are left out.
    private static func objects(in db: LedgerTransaction) throws -> [String: String] {
        let named = try db.all(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        ) { row in
            let sql: String? = try row["sql"]
            let text = (sql ?? "").filter { $0 != "\"" && !$0.isWhitespace }
            return ("\(try row["type"] as String) \(try row["name"] as String)", text)
        }
        return Dictionary(named, uniquingKeysWith: { first, _ in first })
    }
}
