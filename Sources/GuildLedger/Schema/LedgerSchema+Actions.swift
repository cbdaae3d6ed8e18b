extension LedgerSchema {
    /// Effects, approvals, caps and notifications.
    static let actions = """
        -- The queue of the action executor. An action counts against its caps from `counted_at` on, once.
        CREATE TABLE actions (
            seq INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            invocation BLOB NOT NULL REFERENCES invocations(id),
            root BLOB NOT NULL,
            n INTEGER NOT NULL,
            position INTEGER NOT NULL,
            connector TEXT NOT NULL,
            operation TEXT NOT NULL,
            subject TEXT NOT NULL,
            arguments TEXT NOT NULL,
            reason TEXT NOT NULL,
            autonomy INTEGER NOT NULL CHECK (autonomy BETWEEN 1 AND 3),
            idempotency_key TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL CHECK (state IN ('awaiting', 'queued', 'running', 'succeeded', 'failed',
                'rejected', 'cancelled')),
            attempt INTEGER NOT NULL DEFAULT 0,
            available_at INTEGER NOT NULL,
            lease_owner BLOB CHECK ((lease_owner IS NOT NULL) = (state = 'running')),
            lease_until INTEGER,
            created_at INTEGER NOT NULL,
            ended_at INTEGER,
            affinity BLOB,
            result TEXT,
            error TEXT,
            turn_at INTEGER,
            agent TEXT,
            counts_on TEXT,
            counted_at INTEGER,
            held_by TEXT,
            caps TEXT,
            policy TEXT
        ) STRICT;
        CREATE INDEX actions_queue ON actions(seq, available_at) WHERE state = 'queued';
        CREATE INDEX actions_delayed ON actions(available_at) WHERE state = 'queued';
        CREATE INDEX actions_order ON actions(subject, seq) WHERE state IN ('queued', 'running');
        CREATE INDEX actions_held ON actions(lease_until) WHERE lease_owner IS NOT NULL;
        CREATE INDEX actions_awaiting ON actions(seq) WHERE state = 'awaiting';
        CREATE INDEX actions_affinity ON actions(affinity) WHERE affinity IS NOT NULL;
        CREATE INDEX actions_invocation ON actions(invocation);
        CREATE INDEX actions_subject ON actions(subject, seq);
        CREATE INDEX actions_counted ON actions(agent, counted_at) WHERE counted_at IS NOT NULL;
        CREATE INDEX actions_counted_on ON actions(agent, counts_on, counted_at)
            WHERE counts_on IS NOT NULL AND counted_at IS NOT NULL;
        CREATE INDEX actions_capped ON actions(agent, held_by, seq)
            WHERE state = 'awaiting' AND held_by IS NOT NULL;
        CREATE TABLE action_attempts (
            action BLOB NOT NULL REFERENCES actions(id),
            attempt INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            outcome TEXT,
            PRIMARY KEY (action, attempt)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE approvals (
            action BLOB PRIMARY KEY REFERENCES actions(id),
            decided_at INTEGER NOT NULL,
            decision TEXT NOT NULL CHECK (decision IN ('approved', 'rejected')),
            actor TEXT NOT NULL,
            reason TEXT,
            release INTEGER
        ) WITHOUT ROWID, STRICT;
        -- A cap that a person has released, for one run, one subject or the agent.
        CREATE TABLE cap_releases (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            agent TEXT NOT NULL,
            cap TEXT NOT NULL,
            action BLOB NOT NULL,
            actor TEXT NOT NULL,
            granted INTEGER NOT NULL CHECK (granted >= 0),
            remaining INTEGER NOT NULL CHECK (remaining BETWEEN 0 AND granted),
            expires_at INTEGER NOT NULL CHECK (expires_at > at),
            scope TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE INDEX cap_releases_open ON cap_releases(agent, cap, scope, expires_at) WHERE remaining > 0;
        CREATE TABLE notifications (
            seq INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            at INTEGER NOT NULL,
            recipient TEXT NOT NULL,
            severity TEXT NOT NULL,
            text TEXT NOT NULL,
            invocation BLOB,
            action BLOB,
            state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed'))
        ) STRICT;
        """
}
