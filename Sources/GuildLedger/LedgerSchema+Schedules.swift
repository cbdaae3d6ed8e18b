/// What the scheduler keeps beside its marks and firings.
extension LedgerSchema {
    static let schedules = """
        ALTER TABLE schedules ADD COLUMN enlisted_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE firings ADD COLUMN kind TEXT NOT NULL DEFAULT 'due'
            CHECK (kind IN ('due', 'catch_up', 'buffered', 'trigger', 'backfill'));
        ALTER TABLE firings ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE open_firings (
            schedule TEXT NOT NULL,
            event BLOB NOT NULL REFERENCES events(id),
            message INTEGER NOT NULL,
            PRIMARY KEY (schedule, event)
        ) WITHOUT ROWID;
        CREATE INDEX open_firings_event ON open_firings(event);
        CREATE TABLE buffered_firings (
            schedule TEXT PRIMARY KEY,
            due_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE missed_firings (
            schedule TEXT NOT NULL,
            first_due INTEGER NOT NULL,
            last_due INTEGER NOT NULL CHECK (last_due >= first_due),
            count INTEGER NOT NULL CHECK (count > 0),
            reason TEXT NOT NULL,
            noted_at INTEGER NOT NULL,
            PRIMARY KEY (schedule, first_due)
        ) WITHOUT ROWID;
        CREATE INDEX missed_firings_last ON missed_firings(last_due);
        CREATE TABLE schedule_pauses (
            seq INTEGER PRIMARY KEY,
            target TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT
        );
        CREATE INDEX schedule_pauses_target ON schedule_pauses(target, until);
        """
}
