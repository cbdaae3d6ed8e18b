extension LedgerSchema {
    /// Heads, workers and operator state.
    static let operations = """
        -- `serving`: accepted by `guild serve`; after that a single run no longer moves the head.
        CREATE TABLE codex_heads (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            commit_id TEXT NOT NULL,
            accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
            problems TEXT NOT NULL,
            serving INTEGER NOT NULL DEFAULT 0 CHECK (serving IN (0, 1))
        ) STRICT;
        CREATE INDEX codex_heads_accepted ON codex_heads (seq) WHERE accepted = 1;
        CREATE INDEX codex_heads_serving ON codex_heads (seq) WHERE serving = 1;
        -- The commit that a process has been reading for long.
        CREATE TABLE codex_loading (
            worker BLOB PRIMARY KEY CHECK (length(worker) = 16),
            commit_id TEXT NOT NULL,
            since INTEGER NOT NULL
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE workers (
            id BLOB PRIMARY KEY,
            components TEXT NOT NULL,
            pid INTEGER NOT NULL,
            host TEXT NOT NULL,
            version TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER
        ) WITHOUT ROWID, STRICT;
        -- Operator state, not configuration.
        CREATE TABLE agent_pauses (
            agent TEXT PRIMARY KEY,
            actor TEXT NOT NULL,
            reason TEXT,
            since INTEGER NOT NULL,
            until INTEGER CHECK (until > since)
        ) WITHOUT ROWID, STRICT;
        -- Which secret may be used for what: operator state, not configuration.
        CREATE TABLE secret_pairs (
            reference TEXT NOT NULL,
            use TEXT NOT NULL,
            address TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'trusted', 'revoked')),
            since INTEGER NOT NULL,
            actor TEXT NOT NULL,
            commit_id TEXT,
            PRIMARY KEY (reference, use, address)
        ) WITHOUT ROWID, STRICT;
        -- Who accepted the first head, whose pairs were trusted as they were.
        CREATE TABLE secret_trust (
            begun_by TEXT PRIMARY KEY CHECK (begun_by IN ('serve', 'run')),
            at INTEGER NOT NULL,
            commit_id TEXT NOT NULL
        ) WITHOUT ROWID, STRICT;
        -- Up to when (hours since 1970) roll-ups were deleted.
        CREATE TABLE retention_marks (
            name TEXT PRIMARY KEY,
            until INTEGER NOT NULL
        ) WITHOUT ROWID, STRICT;
        """
}
