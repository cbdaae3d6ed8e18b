import GRDB

extension LedgerSchema {
    /// The commit that a process has been reading for long, so that another can tell.
    static func registerCodexLoading(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-codex-loading") { db in
            try db.execute(
                sql: """
                    CREATE TABLE codex_loading (
                        worker BLOB PRIMARY KEY CHECK (length(worker) = 16),
                        commit_id TEXT NOT NULL,
                        since INTEGER NOT NULL
                    ) WITHOUT ROWID
                    """)
        }
    }
}
