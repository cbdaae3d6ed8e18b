import GRDB

extension LedgerSchema {
    /// Whom the alerts of an account are told to, as the accepted commit has it; and by how many bytes a turn's request
    /// was trimmed because of one.
    static func registerAlertEffects(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-alert-effects") { db in
            try db.execute(
                sql: """
                    CREATE TABLE alert_recipients (
                        account TEXT NOT NULL,
                        position INTEGER NOT NULL,
                        recipient TEXT NOT NULL,
                        PRIMARY KEY (account, position)
                    ) WITHOUT ROWID;
                    ALTER TABLE turns ADD COLUMN trimmed INTEGER NOT NULL DEFAULT 0 CHECK (trimmed >= 0);
                    """)
        }
    }
}
