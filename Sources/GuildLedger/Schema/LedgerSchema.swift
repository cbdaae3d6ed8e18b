/// The tables of a ledger.
///
/// Times are integer microseconds UTC, ids 16-byte ULIDs, money micro-dollars; plain SQL types, and tables that are
/// STRICT, so that a column holds nothing but its type.
enum LedgerSchema {
    /// Raised with each change; `upgrades` has the step to it.
    static let version = 1

    /// The steps from each released version to the next, each in the transaction that opens the ledger.
    static let upgrades: [Int: @Sendable (SQLiteConnection) throws -> Void] = [:]

    /// The schema of `version`, for a database without tables.
    static let tables = [
        versions, events, invocations, actions, budgets, usage, dispatch, schedules, operations, audit,
    ].joined(separator: "\n")

    private static let versions = """
        -- Each version of the schema that this ledger has had; the highest is its own.
        CREATE TABLE schema_versions (
            version INTEGER PRIMARY KEY
        ) STRICT;
        """

    /// Makes the tables of a new ledger, or brings those of an older one to this version, in one transaction.
    ///
    /// - Throws: `LedgerFailure.newerVersion` if a newer guild has written it; `StorageFault`.
    static func prepare(_ connection: SQLiteConnection, path: String) throws {
        guard try found(connection.transaction) != version else { return }
        // Tables are replaced while rows name each other; every reference is checked before the commit.
        try connection.script("PRAGMA foreign_keys = OFF")
        try connection.transaction { transaction in
            let found = try found(transaction)
            guard found <= version else { throw LedgerFailure.newerVersion(path: path) }
            if found == 0, try transaction.holds("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table')") {
                try UnreleasedSchema.upgrade(connection, path: path)
            } else if found == 0 {
                try connection.script(tables)
            } else {
                for step in (found + 1)...version { try upgrades[step]?(connection) }
            }
            try transaction.run("INSERT INTO schema_versions (version) VALUES (?)", [version])
            if let broken = try transaction.first("PRAGMA foreign_key_check", read: { row in try row[0] as String }) {
                throw LedgerFailure.unusable(path: path, reason: "a row of \(broken) names a missing row")
            }
        }
        try connection.script("PRAGMA foreign_keys = ON")
    }

    /// Refuses tables of another version than this one's; nothing is changed.
    ///
    /// - Throws: `LedgerFailure.missing` if there are no tables at all.
    static func requireVersion(_ transaction: LedgerTransaction, path: String) throws {
        let found = try found(transaction)
        guard found <= version else { throw LedgerFailure.newerVersion(path: path) }
        guard found == 0 else {
            if found < version { throw LedgerFailure.olderVersion(path: path) }
            return
        }
        guard try transaction.holds("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table')") else {
            throw LedgerFailure.missing(path: path)
        }
        try UnreleasedSchema.requireLast(transaction, path: path)
        throw LedgerFailure.olderVersion(path: path)
    }

    /// - Returns: 0 if there are no tables of a version.
    private static func found(_ transaction: LedgerTransaction) throws -> Int {
        let isThere = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'schema_versions')"
        guard try transaction.holds(isThere) else { return 0 }
        return try transaction.value("SELECT max(version) FROM schema_versions") ?? 0
    }
}
