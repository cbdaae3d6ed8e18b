import GRDB

extension LedgerSchema {
    /// What counts against the caps on an agent's actions, what waits because of one, and what people have released.
    ///
    /// An action counts from the moment on in which it may go out (`counted_at`, in budget time), so that each counts
    /// once, however often it is tried. Of an older ledger only the last day can still matter.
    static func registerActionCaps(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-action-caps") { db in
            try db.execute(
                sql: """
                    ALTER TABLE actions ADD COLUMN agent TEXT;
                    ALTER TABLE actions ADD COLUMN counts_on TEXT;
                    ALTER TABLE actions ADD COLUMN counted_at INTEGER;
                    ALTER TABLE actions ADD COLUMN held_by TEXT;
                    ALTER TABLE actions ADD COLUMN caps TEXT;
                    ALTER TABLE approvals ADD COLUMN release INTEGER;
                    UPDATE actions SET agent = (SELECT agent FROM invocations i WHERE i.id = invocation),
                        counted_at = CASE WHEN state IN ('awaiting', 'rejected') THEN NULL ELSE created_at END
                        WHERE seq >= (SELECT min(seq) FROM actions
                            WHERE created_at > (SELECT max(created_at) FROM actions) - 86400000000);
                    CREATE INDEX actions_counted ON actions(agent, counted_at) WHERE counted_at IS NOT NULL;
                    CREATE INDEX actions_counted_on ON actions(agent, counts_on, counted_at)
                        WHERE counts_on IS NOT NULL AND counted_at IS NOT NULL;
                    CREATE INDEX actions_capped ON actions(agent, held_by, seq)
                        WHERE state = 'awaiting' AND held_by IS NOT NULL;
                    CREATE TABLE cap_releases (
                        id INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        agent TEXT NOT NULL,
                        cap TEXT NOT NULL,
                        action BLOB NOT NULL,
                        actor TEXT NOT NULL,
                        granted INTEGER NOT NULL CHECK (granted >= 0),
                        remaining INTEGER NOT NULL CHECK (remaining BETWEEN 0 AND granted),
                        expires_at INTEGER NOT NULL CHECK (expires_at > at)
                    );
                    CREATE INDEX cap_releases_open ON cap_releases(agent, cap, expires_at) WHERE remaining > 0;
                    """)
        }
    }
}
