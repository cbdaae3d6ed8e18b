extension LedgerSchema {
    /// What came in and what was decided.
    static let events = """
        -- An event as it was accepted. `containers` is a JSON array of `SYSTEM:CONTAINER`. After its content was
        -- erased the row remains while its invocations are kept.
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
            erased_at INTEGER,
            attributes TEXT,
            sender TEXT,
            outsider INTEGER NOT NULL DEFAULT 0 CHECK (outsider IN (0, 1)),
            containers TEXT,
            CHECK ((body IS NULL) <> (body_ref IS NULL))
        ) STRICT;
        CREATE INDEX events_cause ON events(cause) WHERE cause IS NOT NULL;
        CREATE INDEX events_retained ON events(received_at, seq) WHERE erased_at IS NULL;
        CREATE INDEX events_body ON events(body_ref) WHERE body_ref IS NOT NULL;
        CREATE INDEX events_erased ON events(received_at, seq) WHERE erased_at IS NOT NULL;
        -- Outlives the retention of events: an id that comes again is a duplicate.
        CREATE TABLE dedup (
            digest BLOB PRIMARY KEY,
            event BLOB NOT NULL,
            expires_at INTEGER NOT NULL
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX dedup_expiry ON dedup(expires_at);
        -- The queue of the dispatcher; a held event is a message of the topic `held:SYSTEM`.
        CREATE TABLE messages (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            topic TEXT NOT NULL,
            event BLOB NOT NULL,
            available_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX messages_topic ON messages(topic, seq);
        -- Messages that a consumer has taken, so that a repeat does nothing.
        CREATE TABLE inbox (
            consumer TEXT NOT NULL,
            message BLOB NOT NULL,
            PRIMARY KEY (consumer, message)
        ) WITHOUT ROWID, STRICT;
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
        ) STRICT;
        CREATE INDEX decisions_pending ON decisions(event, rule, agent) WHERE final = 0;
        -- Deliveries that were taken for duplicates since the chain last said so.
        CREATE TABLE duplicates (
            event BLOB PRIMARY KEY CHECK (length(event) = 16),
            said_at INTEGER NOT NULL,
            unsaid INTEGER NOT NULL CHECK (unsaid >= 0)
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX duplicates_said ON duplicates(said_at);
        -- Systems in which our own identity is unknown, and why: their held events wait for it.
        CREATE TABLE identity_gaps (
            system TEXT PRIMARY KEY,
            since INTEGER NOT NULL,
            reason TEXT NOT NULL
        ) WITHOUT ROWID, STRICT;
        """
}
