import GRDB

extension LedgerSchema {
    /// What is taken from buckets of tokens before a run uses them, and the ended runs of each agent, whose mean that is.
    static func registerTokenHolds(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-token-holds") { db in
            try db.execute(
                sql: """
                    ALTER TABLE rate_buckets ADD COLUMN excess INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE rate_buckets ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0;
                    CREATE TABLE token_holds (
                        invocation BLOB NOT NULL,
                        bucket TEXT NOT NULL,
                        tokens INTEGER NOT NULL CHECK (tokens >= 0),
                        mark INTEGER NOT NULL,
                        waiting INTEGER NOT NULL CHECK (waiting IN (0, 1)),
                        PRIMARY KEY (invocation, bucket)
                    ) WITHOUT ROWID;
                    CREATE INDEX invocations_ended ON invocations(agent, seq) WHERE ended_at IS NOT NULL;
                    """)
        }
    }
}
