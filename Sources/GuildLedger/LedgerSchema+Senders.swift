import GRDB

extension LedgerSchema {
    /// When the bucket of a sender is full again, and can be forgotten. And runs that wait for their own budget from
    /// before such a wait had an end: theirs is counted from when it began.
    static func registerSenders(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2026-11-senders") { db in
            try db.execute(
                sql: """
                    ALTER TABLE rate_buckets ADD COLUMN full_at INTEGER;
                    CREATE INDEX rate_buckets_full ON rate_buckets(full_at) WHERE full_at IS NOT NULL;
                    UPDATE invocations SET available_at =
                        (SELECT since + 86400000000 FROM budget_waits w WHERE w.invocation = invocations.id)
                    WHERE state = 'waiting' AND wait_reason = 'budget' AND id IN (SELECT invocation FROM budget_waits
                        WHERE period = 'perInvocation' AND frees_up_at IS NULL AND max_level = 0);
                    """)
        }
    }
}
