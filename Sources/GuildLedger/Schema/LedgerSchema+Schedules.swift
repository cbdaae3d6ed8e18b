extension LedgerSchema {
    /// Marks, firings and pauses of schedules.
    static let schedules = """
        CREATE TABLE schedules (
            id TEXT PRIMARY KEY,
            seen_until INTEGER NOT NULL,
            paused INTEGER NOT NULL DEFAULT 0,
            enlisted_at INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE firings (
            schedule TEXT NOT NULL,
            due_at INTEGER NOT NULL,
            event BLOB NOT NULL,
            kind TEXT NOT NULL DEFAULT 'due' CHECK (kind IN ('due', 'catch_up', 'buffered', 'trigger',
                'backfill')),
            at INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (schedule, due_at)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE open_firings (
            schedule TEXT NOT NULL,
            event BLOB NOT NULL REFERENCES events(id),
            message INTEGER NOT NULL,
            PRIMARY KEY (schedule, event)
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX open_firings_event ON open_firings(event);
        CREATE TABLE buffered_firings (
            schedule TEXT PRIMARY KEY,
            due_at INTEGER NOT NULL
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE missed_firings (
            schedule TEXT NOT NULL,
            first_due INTEGER NOT NULL,
            last_due INTEGER NOT NULL CHECK (last_due >= first_due),
            count INTEGER NOT NULL CHECK (count > 0),
            reason TEXT NOT NULL,
            noted_at INTEGER NOT NULL,
            PRIMARY KEY (schedule, first_due)
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX missed_firings_last ON missed_firings(last_due);
        CREATE TABLE schedule_pauses (
            seq INTEGER PRIMARY KEY,
            target TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT
        ) STRICT;
        CREATE INDEX schedule_pauses_target ON schedule_pauses(target, until);
        """
}
