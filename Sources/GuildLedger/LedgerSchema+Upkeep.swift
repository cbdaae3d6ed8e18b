import GRDB

extension LedgerSchema {
    /// What retention and the loop guard look things up by. An event whose content was erased keeps its row while its
    /// invocations are kept, for they name it; `events_retained` holds only those that have theirs still.
    static func upkeep(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE INDEX actions_subject ON actions(subject, seq);
                ALTER TABLE events ADD COLUMN erased_at INTEGER;
                CREATE INDEX events_retained ON events(received_at, seq) WHERE erased_at IS NULL;
                """)
    }

    /// Who names a body, and up to when (hours since 1970) roll-ups were deleted: what they were is not to be looked for
    /// in the books.
    static func retention(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE INDEX events_body ON events(body_ref) WHERE body_ref IS NOT NULL;
                CREATE TABLE retention_marks (
                    name TEXT PRIMARY KEY,
                    until INTEGER NOT NULL
                ) WITHOUT ROWID;
                """)
    }
}
