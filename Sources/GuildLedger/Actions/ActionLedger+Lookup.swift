package import GuildDomain

extension ActionLedger {
    /// One action as it is now; nil if the ledger has none of that id.
    package func find(_ id: ActionID) async throws -> Action? {
        try await ledger.read { db in
            try db.first("SELECT * FROM actions WHERE id = ?", [id], read: Action.init)
        }
    }

    /// The latest instant at which an earlier attempt of the action can have sent anything: when it ended, or was found
    /// dead; for one that only a restored backup did not see, when it was asked for. Nil for the first attempt.
    package func lastTry(of action: Action) async throws -> Timestamp? {
        guard action.attempt > 1 else { return nil }
        return try await ledger.read { db in
            try db.value(
                """
                SELECT max(coalesce(ended_at, started_at)) FROM action_attempts WHERE action = ? AND attempt < ?
                """, [action.id, action.attempt], as: Timestamp.self)
        } ?? action.createdAt
    }
}
