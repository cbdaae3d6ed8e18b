import GRDB

extension LedgerSchema {
    /// When the turn of a read or of an action comes at its connector's rate, once it has taken one.
    static func registerRateTurns(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-rate-turns") { db in
            try db.execute(
                sql: """
                    ALTER TABLE tool_calls ADD COLUMN turn_at INTEGER;
                    ALTER TABLE actions ADD COLUMN turn_at INTEGER;
                    """)
        }
    }
}
