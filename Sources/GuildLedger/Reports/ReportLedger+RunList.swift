package import GuildDomain

extension ReportLedger {
    /// The runs that a filter asks for, the newest first; at most `limit`.
    package func runs(_ filter: RunFilter, limit: Int) async throws -> [Invocation] {
        let arguments: [(any Storable)?] =
            filter.states.map(\.rawValue) + (filter.agent.map { [$0] } ?? []) + (filter.root.map { [$0] } ?? [])
            + (filter.since.map { [$0] } ?? []) + [limit]
        return try await ledger.scan { db in
            // The unfinished are few, and have an index of their own; those that have ended are all there ever were.
            try db.list(
                """
                SELECT * FROM invocations
                \(filter.isOpenOnly ? "INDEXED BY invocations_unfinished WHERE ended_at IS NULL AND" : "WHERE")
                state IN (\(LedgerTransaction.places(filter.states.count)))
                \(filter.agent == nil ? "" : "AND agent = ?") \(filter.root == nil ? "" : "AND root = ?")
                \(filter.since == nil ? "" : "AND created_at >= ?") ORDER BY seq DESC LIMIT ?
                """, arguments, read: Invocation.init)
        }
    }
}
