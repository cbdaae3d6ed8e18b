extension LedgerSchema {
    /// Runs and their journal.
    static let invocations = """
        -- The queue of the executor: see `InvocationState`.
        CREATE TABLE invocations (
            seq INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            agent TEXT NOT NULL,
            chapter TEXT,
            commit_id TEXT NOT NULL,
            event BLOB NOT NULL REFERENCES events(id),
            root BLOB NOT NULL,
            parent BLOB,
            priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 4),
            state TEXT NOT NULL CHECK (state IN ('queued', 'awakening', 'active', 'waiting', 'cooling',
                'succeeded', 'failed', 'cancelled', 'expired')),
            wait_reason TEXT CHECK ((wait_reason IS NOT NULL) = (state = 'waiting')),
            attempt INTEGER NOT NULL DEFAULT 0,
            lease_owner BLOB CHECK ((lease_owner IS NOT NULL) = (state IN ('awakening', 'active',
                'cooling'))),
            lease_until INTEGER,
            created_at INTEGER NOT NULL,
            available_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            cancel_requested INTEGER NOT NULL DEFAULT 0,
            failures INTEGER NOT NULL DEFAULT 0,
            options TEXT NOT NULL DEFAULT '{}',
            affinity BLOB,
            input INTEGER NOT NULL DEFAULT 0,
            cache_read INTEGER NOT NULL DEFAULT 0,
            cache_write INTEGER NOT NULL DEFAULT 0,
            output INTEGER NOT NULL DEFAULT 0,
            reasoning INTEGER NOT NULL DEFAULT 0,
            cost INTEGER NOT NULL DEFAULT 0,
            outcome TEXT
        ) STRICT;
        CREATE INDEX invocations_queue ON invocations(priority, seq, available_at, agent, affinity, root)
            WHERE state = 'queued';
        CREATE INDEX invocations_delayed ON invocations(available_at) WHERE state = 'queued';
        CREATE INDEX invocations_held ON invocations(lease_until, agent) WHERE lease_owner IS NOT NULL;
        CREATE INDEX invocations_waiting ON invocations(available_at) WHERE state = 'waiting';
        CREATE INDEX invocations_affinity ON invocations(affinity) WHERE affinity IS NOT NULL;
        CREATE INDEX invocations_event ON invocations(event);
        CREATE INDEX invocations_root ON invocations(root);
        CREATE INDEX invocations_agent ON invocations(agent, seq);
        CREATE TRIGGER budget_waits_end AFTER UPDATE OF state ON invocations
            WHEN OLD.wait_reason = 'budget' AND NEW.state <> 'waiting'
            BEGIN DELETE FROM budget_waits WHERE invocation = NEW.id; END;
        CREATE INDEX invocations_dead ON invocations(seq, agent) WHERE state IN ('failed', 'expired');
        CREATE INDEX invocations_share ON invocations(priority, coalesce(chapter, ''), seq)
            WHERE state = 'queued';
        CREATE INDEX invocations_preempted ON invocations(seq) WHERE wait_reason = 'preempted';
        CREATE INDEX invocations_ended ON invocations(agent, seq) WHERE ended_at IS NOT NULL;
        CREATE INDEX invocations_unfinished ON invocations(agent, seq) WHERE ended_at IS NULL;
        -- The journal. `delta` is the answer, never the whole history; `trimmed` the bytes that an alert took from the
        -- request.
        CREATE TABLE turns (
            invocation BLOB NOT NULL REFERENCES invocations(id),
            n INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('begun', 'answered', 'lost')),
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            request_digest TEXT NOT NULL,
            reservation BLOB NOT NULL,
            begun_at INTEGER NOT NULL,
            ended_at INTEGER,
            stop TEXT,
            origin TEXT,
            delta BLOB,
            input INTEGER NOT NULL DEFAULT 0,
            cache_read INTEGER NOT NULL DEFAULT 0,
            cache_write INTEGER NOT NULL DEFAULT 0,
            output INTEGER NOT NULL DEFAULT 0,
            reasoning INTEGER NOT NULL DEFAULT 0,
            cost INTEGER NOT NULL DEFAULT 0,
            trimmed INTEGER NOT NULL DEFAULT 0 CHECK (trimmed >= 0),
            PRIMARY KEY (invocation, n, attempt)
        ) WITHOUT ROWID, STRICT;
        CREATE UNIQUE INDEX turns_answered ON turns(invocation, n) WHERE state = 'answered';
        -- `turn_at`: the slot at the rate of its connector.
        CREATE TABLE tool_calls (
            invocation BLOB NOT NULL REFERENCES invocations(id),
            n INTEGER NOT NULL,
            position INTEGER NOT NULL,
            call_id TEXT NOT NULL,
            name TEXT NOT NULL,
            arguments TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'done')),
            result TEXT,
            is_error INTEGER NOT NULL DEFAULT 0,
            action BLOB,
            turn_at INTEGER,
            PRIMARY KEY (invocation, n, position),
            CHECK ((result IS NOT NULL) = (state = 'done'))
        ) WITHOUT ROWID, STRICT;
        -- Dead letters that a person discarded.
        CREATE TABLE dropped_letters (
            invocation BLOB PRIMARY KEY REFERENCES invocations(id) ON DELETE CASCADE,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL
        ) WITHOUT ROWID, STRICT;
        """
}
