import GRDB

extension LedgerSchema {
    /// What a release of a cap is for: one run, one subject, or the agent; and the rule of a SafetyPolicy that an action
    /// waits by. An older release was for all runs or all subjects of an agent, which nobody meant: it ends.
    static func registerCapScopes(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-cap-scopes") { db in
            try db.execute(
                sql: """
                    ALTER TABLE actions ADD COLUMN policy TEXT;
                    ALTER TABLE cap_releases ADD COLUMN scope TEXT NOT NULL DEFAULT '';
                    UPDATE cap_releases SET remaining = 0 WHERE cap <> 'perHour';
                    DROP INDEX cap_releases_open;
                    CREATE INDEX cap_releases_open ON cap_releases(agent, cap, scope, expires_at) WHERE remaining > 0;
                    """)
        }
    }
}
