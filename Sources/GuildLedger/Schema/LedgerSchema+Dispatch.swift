extension LedgerSchema {
    /// Debounce windows, rates and fair shares.
    static let dispatch = """
        -- Open debounce windows.
        CREATE TABLE debounces (
            agent TEXT NOT NULL,
            rule TEXT NOT NULL,
            key TEXT NOT NULL,
            invocation BLOB NOT NULL UNIQUE CHECK (length(invocation) = 16),
            event BLOB NOT NULL REFERENCES events(id),
            root BLOB NOT NULL,
            chapter TEXT,
            priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 4),
            opened_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            max_at INTEGER NOT NULL,
            events INTEGER NOT NULL CHECK (events > 0),
            PRIMARY KEY (agent, rule, key)
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX debounces_due ON debounces(due_at);
        CREATE TABLE merged_events (
            invocation BLOB NOT NULL,
            n INTEGER NOT NULL,
            event BLOB NOT NULL REFERENCES events(id) ON DELETE CASCADE,
            PRIMARY KEY (invocation, n)
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX merged_events_event ON merged_events(event);
        -- Decisions that wait for a slot at a rate.
        CREATE TABLE pending_decisions (
            event BLOB NOT NULL REFERENCES events(id),
            rule TEXT NOT NULL,
            agent TEXT NOT NULL,
            root BLOB NOT NULL,
            chapter TEXT,
            priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 4),
            invocation BLOB NOT NULL CHECK (length(invocation) = 16),
            due_at INTEGER NOT NULL,
            terms TEXT NOT NULL,
            PRIMARY KEY (event, rule, agent)
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX pending_decisions_due ON pending_decisions(due_at);
        -- A sender's bucket can be forgotten at `full_at`.
        CREATE TABLE rate_buckets (
            name TEXT PRIMARY KEY,
            level INTEGER NOT NULL,
            at INTEGER NOT NULL,
            spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
            excess INTEGER NOT NULL DEFAULT 0,
            reserved INTEGER NOT NULL DEFAULT 0,
            full_at INTEGER
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX rate_buckets_full ON rate_buckets(full_at) WHERE full_at IS NOT NULL;
        -- What is taken from token buckets before a run uses it.
        CREATE TABLE token_holds (
            invocation BLOB NOT NULL,
            bucket TEXT NOT NULL,
            tokens INTEGER NOT NULL CHECK (tokens >= 0),
            mark INTEGER NOT NULL,
            waiting INTEGER NOT NULL CHECK (waiting IN (0, 1)),
            PRIMARY KEY (invocation, bucket)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE fair_share (
            priority INTEGER NOT NULL,
            chapter TEXT NOT NULL,
            vtime INTEGER NOT NULL CHECK (vtime >= 0),
            weight INTEGER NOT NULL CHECK (weight > 0),
            PRIMARY KEY (priority, chapter)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE fair_clock (
            priority INTEGER PRIMARY KEY,
            vtime INTEGER NOT NULL CHECK (vtime >= 0)
        ) STRICT;
        """
}
