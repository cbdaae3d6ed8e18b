extension LedgerSchema {
    /// Hourly roll-ups of what was used, and totals by root.
    static let usage = """
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
        ) WITHOUT ROWID, STRICT;
        -- Hourly usage by causal root.
        CREATE TABLE root_usage (
            hour INTEGER NOT NULL,
            root BLOB NOT NULL,
            calls INTEGER NOT NULL,
            input INTEGER NOT NULL,
            cache_read INTEGER NOT NULL,
            cache_write INTEGER NOT NULL,
            output INTEGER NOT NULL,
            reasoning INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            estimated INTEGER NOT NULL,
            PRIMARY KEY (hour, root)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE root_totals (
            root BLOB PRIMARY KEY,
            calls INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            last_at INTEGER NOT NULL
        ) WITHOUT ROWID, STRICT;
        """
}
