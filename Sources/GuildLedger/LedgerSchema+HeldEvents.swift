import GRDB

extension LedgerSchema {
    /// Systems in which it is not known who we are, and why: what their held events wait for. The events themselves are
    /// messages of the topic `held:SYSTEM`.
    static func registerHeldEvents(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-held-events") { db in
            try db.execute(
                sql: """
                    CREATE TABLE identity_gaps (
                        system TEXT PRIMARY KEY,
                        since INTEGER NOT NULL,
                        reason TEXT NOT NULL
                    ) WITHOUT ROWID;
                    """)
        }
    }
}
