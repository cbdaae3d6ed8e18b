import GRDB

extension LedgerSchema {
    /// Debounce windows while they are open, what waits for a rate, buckets, fair shares, and dead letters that a person
    /// has put away.
    static func dispatch(_ db: Database) throws {
        try db.execute(
            sql: """
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
                ) WITHOUT ROWID;
                CREATE INDEX debounces_due ON debounces(due_at);
                CREATE TABLE merged_events (
                    invocation BLOB NOT NULL,
                    n INTEGER NOT NULL,
                    event BLOB NOT NULL REFERENCES events(id) ON DELETE CASCADE,
                    PRIMARY KEY (invocation, n)
                ) WITHOUT ROWID;
                CREATE INDEX merged_events_event ON merged_events(event);
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
                ) WITHOUT ROWID;
                CREATE INDEX pending_decisions_due ON pending_decisions(due_at);
                CREATE TABLE rate_buckets (
                    name TEXT PRIMARY KEY,
                    level INTEGER NOT NULL,
                    at INTEGER NOT NULL,
                    spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0)
                ) WITHOUT ROWID;
                CREATE TABLE fair_share (
                    priority INTEGER NOT NULL,
                    chapter TEXT NOT NULL,
                    vtime INTEGER NOT NULL CHECK (vtime >= 0),
                    weight INTEGER NOT NULL CHECK (weight > 0),
                    PRIMARY KEY (priority, chapter)
                ) WITHOUT ROWID;
                CREATE TABLE fair_clock (
                    priority INTEGER PRIMARY KEY,
                    vtime INTEGER NOT NULL CHECK (vtime >= 0)
                );
                CREATE TABLE dropped_letters (
                    invocation BLOB PRIMARY KEY REFERENCES invocations(id) ON DELETE CASCADE,
                    at INTEGER NOT NULL,
                    actor TEXT NOT NULL,
                    reason TEXT NOT NULL
                ) WITHOUT ROWID;
                CREATE INDEX invocations_dead ON invocations(seq, agent) WHERE state IN ('failed', 'expired');
                CREATE INDEX invocations_share ON invocations(priority, coalesce(chapter, ''), seq)
                    WHERE state = 'queued';
                CREATE INDEX invocations_preempted ON invocations(seq) WHERE wait_reason = 'preempted';
                CREATE INDEX decisions_pending ON decisions(event, rule, agent) WHERE final = 0;
                """)
    }
}
