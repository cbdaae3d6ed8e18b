extension LedgerSchema {
    /// Agents that a person has paused: operator state, not configuration.
    static let pauses = """
        CREATE TABLE agent_pauses (
            agent TEXT PRIMARY KEY,
            actor TEXT NOT NULL,
            reason TEXT,
            since INTEGER NOT NULL,
            until INTEGER CHECK (until > since)
        ) WITHOUT ROWID;
        """
}
