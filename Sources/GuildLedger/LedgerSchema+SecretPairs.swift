import GRDB

extension LedgerSchema {
    /// Which secret may be used for what: operator state, not configuration. `secret_trust` names who brought the first
    /// head, whose pairs were trusted as they were.
    static func registerSecretPairs(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-secret-pairs") { db in
            try db.execute(
                sql: """
                    CREATE TABLE secret_pairs (
                        reference TEXT NOT NULL,
                        use TEXT NOT NULL,
                        address TEXT NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('waiting', 'trusted', 'revoked')),
                        since INTEGER NOT NULL,
                        actor TEXT NOT NULL,
                        commit_id TEXT,
                        PRIMARY KEY (reference, use, address)
                    ) WITHOUT ROWID;
                    CREATE TABLE secret_trust (
                        begun_by TEXT PRIMARY KEY CHECK (begun_by IN ('serve', 'run')),
                        at INTEGER NOT NULL,
                        commit_id TEXT NOT NULL
                    ) WITHOUT ROWID;
                    """)
        }
    }
}
