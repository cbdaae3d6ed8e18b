import GRDB

extension LedgerSchema {
    /// What retention, checks and the loop guard look things up by. An event whose content was erased keeps its row while
    /// its invocations are kept, for they name it; `events_retained` holds only those that have theirs still.
    static func upkeep(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE INDEX actions_subject ON actions(subject, seq);
                CREATE INDEX events_body ON events(body_ref) WHERE body_ref IS NOT NULL;
                ALTER TABLE events ADD COLUMN erased_at INTEGER;
                CREATE INDEX events_retained ON events(received_at, seq) WHERE erased_at IS NULL;
                """)
    }
}
