import GRDB

/// The tables, as named migrations that are only ever appended to.
///
/// Times are integer microseconds UTC, ids 16-byte ULIDs, money micro-dollars; plain SQL types.
enum LedgerSchema {
    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("2026-11-road") { db in
            try db.execute(sql: events)
            try db.execute(sql: invocations)
            try db.execute(sql: actions)
            try db.execute(sql: budgets)
            try db.execute(sql: operations)
            try db.execute(sql: audit)
        }
        migrator.registerMigration("2026-11-upkeep", migrate: upkeep)
        registerAuditTree(in: &migrator)
        registerBudgets(in: &migrator)
        registerRootUsage(in: &migrator)
        migrator.registerMigration("2026-11-retention", migrate: retention)
        migrator.registerMigration("2026-11-agent-pauses") { try $0.execute(sql: pauses) }
        registerCodexHeads(&migrator)
        migrator.registerMigration("2026-11-schedules") { db in try db.execute(sql: schedules) }
        migrator.registerMigration("2026-11-dispatch", migrate: dispatch)
        registerAlertEffects(in: &migrator)
        registerClosing(in: &migrator)
        registerRateTurns(in: &migrator)
        registerTokenHolds(in: &migrator)
        registerAgentStatus(in: &migrator)
        registerDeliveries(in: &migrator)
        registerContainers(in: &migrator)
        registerActionCaps(in: &migrator)
        registerServing(in: &migrator)
        registerHeldEvents(in: &migrator)
        registerCodexLoading(&migrator)
        registerSenders(in: &migrator)
        registerSecretPairs(in: &migrator)
        registerCapScopes(in: &migrator)
        registerBudgetWaits(in: &migrator)
        return migrator
    }

    private static let events = """
        CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            received_at INTEGER NOT NULL,
            time INTEGER NOT NULL,
            source TEXT NOT NULL,
            type TEXT NOT NULL,
            system TEXT NOT NULL,
            guildevent TEXT,
            subject TEXT,
            priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 4),
            chapter TEXT,
            traceparent TEXT,
            cause BLOB,
            root BLOB NOT NULL,
            hop INTEGER NOT NULL CHECK (hop >= 0),
            own INTEGER NOT NULL CHECK (own IN (0, 1)),
            body BLOB,
            body_ref TEXT,
            CHECK ((body IS NULL) <> (body_ref IS NULL))
        );
        CREATE INDEX events_cause ON events(cause) WHERE cause IS NOT NULL;
        CREATE TABLE dedup (
            digest BLOB PRIMARY KEY,
            event BLOB NOT NULL,
            expires_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX dedup_expiry ON dedup(expires_at);
        CREATE TABLE messages (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            topic TEXT NOT NULL,
            event BLOB NOT NULL,
            available_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX messages_topic ON messages(topic, seq);
        CREATE TABLE inbox (
            consumer TEXT NOT NULL,
            message BLOB NOT NULL,
            PRIMARY KEY (consumer, message)
        ) WITHOUT ROWID;
        CREATE TABLE decisions (
            seq INTEGER PRIMARY KEY,
            event BLOB NOT NULL REFERENCES events(id),
            rule TEXT NOT NULL,
            agent TEXT NOT NULL,
            revision INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            final INTEGER NOT NULL CHECK (final IN (0, 1)),
            until INTEGER,
            invocation BLOB,
            commit_id TEXT NOT NULL,
            reasons TEXT NOT NULL,
            at INTEGER NOT NULL,
            UNIQUE (event, rule, agent, revision)
        );
        """

    private static let invocations = """
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
            state TEXT NOT NULL CHECK (state IN ('queued', 'awakening', 'active', 'waiting', 'cooling', 'succeeded',
                'failed', 'cancelled', 'expired')),
            wait_reason TEXT CHECK ((wait_reason IS NOT NULL) = (state = 'waiting')),
            attempt INTEGER NOT NULL DEFAULT 0,
            lease_owner BLOB CHECK ((lease_owner IS NOT NULL) = (state IN ('awakening', 'active', 'cooling'))),
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
        );
        CREATE INDEX invocations_queue ON invocations(priority, seq, available_at, agent, affinity, root)
            WHERE state = 'queued';
        CREATE INDEX invocations_delayed ON invocations(available_at) WHERE state = 'queued';
        CREATE INDEX invocations_held ON invocations(lease_until, agent) WHERE lease_owner IS NOT NULL;
        CREATE INDEX invocations_waiting ON invocations(available_at) WHERE state = 'waiting';
        CREATE INDEX invocations_affinity ON invocations(affinity) WHERE affinity IS NOT NULL;
        CREATE INDEX invocations_event ON invocations(event);
        CREATE INDEX invocations_root ON invocations(root);
        CREATE INDEX invocations_agent ON invocations(agent, seq);
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
            PRIMARY KEY (invocation, n, attempt)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX turns_answered ON turns(invocation, n) WHERE state = 'answered';
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
            PRIMARY KEY (invocation, n, position),
            CHECK ((result IS NOT NULL) = (state = 'done'))
        ) WITHOUT ROWID;
        """

    private static let actions = """
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
            state TEXT NOT NULL CHECK (state IN ('awaiting', 'queued', 'running', 'succeeded', 'failed', 'rejected',
                'cancelled')),
            attempt INTEGER NOT NULL DEFAULT 0,
            available_at INTEGER NOT NULL,
            lease_owner BLOB CHECK ((lease_owner IS NOT NULL) = (state = 'running')),
            lease_until INTEGER,
            created_at INTEGER NOT NULL,
            ended_at INTEGER,
            affinity BLOB,
            result TEXT,
            error TEXT
        );
        CREATE INDEX actions_queue ON actions(seq, available_at) WHERE state = 'queued';
        CREATE INDEX actions_delayed ON actions(available_at) WHERE state = 'queued';
        CREATE INDEX actions_order ON actions(subject, seq) WHERE state IN ('queued', 'running');
        CREATE INDEX actions_held ON actions(lease_until) WHERE lease_owner IS NOT NULL;
        CREATE INDEX actions_awaiting ON actions(seq) WHERE state = 'awaiting';
        CREATE INDEX actions_affinity ON actions(affinity) WHERE affinity IS NOT NULL;
        CREATE INDEX actions_invocation ON actions(invocation);
        CREATE TABLE action_attempts (
            action BLOB NOT NULL REFERENCES actions(id),
            attempt INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            outcome TEXT,
            PRIMARY KEY (action, attempt)
        ) WITHOUT ROWID;
        CREATE TABLE approvals (
            action BLOB PRIMARY KEY REFERENCES actions(id),
            decided_at INTEGER NOT NULL,
            decision TEXT NOT NULL CHECK (decision IN ('approved', 'rejected')),
            actor TEXT NOT NULL,
            reason TEXT
        ) WITHOUT ROWID;
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
        );
        """

    /// Accounts are shaped for the whole hierarchy; until that is in force a reservation counts against the invocation's
    /// own account, and chapter, organisation and root are counters beside it.
    private static let budgets = """
        CREATE TABLE accounts (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
            reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
            used_cost INTEGER NOT NULL DEFAULT 0 CHECK (used_cost >= 0),
            reserved_cost INTEGER NOT NULL DEFAULT 0 CHECK (reserved_cost >= 0)
        );
        CREATE TABLE reservations (
            id BLOB PRIMARY KEY,
            invocation BLOB NOT NULL REFERENCES invocations(id),
            n INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            owner BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('held', 'sent', 'settled', 'released')),
            input INTEGER NOT NULL CHECK (input >= 0),
            output INTEGER NOT NULL CHECK (output >= 0),
            cost INTEGER NOT NULL CHECK (cost >= 0),
            made_at INTEGER NOT NULL,
            ended_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX reservations_open ON reservations(invocation) WHERE state IN ('held', 'sent');
        CREATE TABLE reservation_accounts (
            reservation BLOB NOT NULL REFERENCES reservations(id),
            account INTEGER NOT NULL REFERENCES accounts(id),
            PRIMARY KEY (reservation, account)
        ) WITHOUT ROWID;
        CREATE TABLE entries (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('reserve', 'settle', 'release')),
            reservation BLOB NOT NULL REFERENCES reservations(id),
            estimated INTEGER NOT NULL CHECK (estimated IN (0, 1)),
            overrun INTEGER NOT NULL CHECK (overrun >= 0),
            overrun_cost INTEGER NOT NULL CHECK (overrun_cost >= 0)
        );
        CREATE INDEX entries_reservation ON entries(reservation);
        CREATE TABLE postings (
            entry INTEGER NOT NULL REFERENCES entries(id),
            account INTEGER NOT NULL REFERENCES accounts(id),
            book TEXT NOT NULL,
            tokens INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            PRIMARY KEY (entry, book)
        ) WITHOUT ROWID;
        CREATE TRIGGER postings_immutable BEFORE UPDATE ON postings
            BEGIN SELECT raise(ABORT, 'postings are immutable'); END;
        CREATE TRIGGER postings_kept BEFORE DELETE ON postings
            BEGIN SELECT raise(ABORT, 'postings are kept'); END;
        CREATE TABLE usage_rollups (
            hour INTEGER NOT NULL,
            agent TEXT NOT NULL,
            chapter TEXT NOT NULL,
            model TEXT NOT NULL,
            calls INTEGER NOT NULL,
            input INTEGER NOT NULL,
            cache_read INTEGER NOT NULL,
            cache_write INTEGER NOT NULL,
            output INTEGER NOT NULL,
            reasoning INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            estimated INTEGER NOT NULL,
            PRIMARY KEY (hour, agent, chapter, model)
        ) WITHOUT ROWID;
        CREATE TABLE root_totals (
            root BLOB PRIMARY KEY,
            calls INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            last_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        """

    private static let operations = """
        CREATE TABLE schedules (
            id TEXT PRIMARY KEY,
            seen_until INTEGER NOT NULL,
            paused INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID;
        CREATE TABLE firings (
            schedule TEXT NOT NULL,
            due_at INTEGER NOT NULL,
            event BLOB NOT NULL,
            PRIMARY KEY (schedule, due_at)
        ) WITHOUT ROWID;
        CREATE TABLE codex_heads (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            commit_id TEXT NOT NULL,
            accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
            problems TEXT NOT NULL
        );
        CREATE TABLE workers (
            id BLOB PRIMARY KEY,
            components TEXT NOT NULL,
            pid INTEGER NOT NULL,
            host TEXT NOT NULL,
            version TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER
        ) WITHOUT ROWID;
        """

    private static let audit = """
        CREATE TABLE audit (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            commit_id TEXT,
            cause TEXT,
            root TEXT,
            body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
            prev BLOB NOT NULL CHECK (length(prev) = 32),
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        );
        CREATE INDEX audit_root ON audit(root);
        CREATE TABLE audit_bodies (
            seq INTEGER PRIMARY KEY REFERENCES audit(seq),
            salt BLOB NOT NULL CHECK (length(salt) = 16),
            body BLOB NOT NULL
        );
        CREATE TABLE audit_head (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        );
        INSERT INTO audit_head VALUES (1, 0, zeroblob(32));
        CREATE TRIGGER audit_immutable BEFORE UPDATE ON audit
            BEGIN SELECT raise(ABORT, 'audit entries are immutable'); END;
        CREATE TRIGGER audit_kept BEFORE DELETE ON audit
            BEGIN SELECT raise(ABORT, 'audit entries are kept'); END;
        """
}
