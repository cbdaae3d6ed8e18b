package import GuildDomain

extension InvocationLedger {
    /// Pieces of each kind that one question about a worker's work lists.
    package static let heldLimit = 100

    /// The runs and the actions that this worker works on now, at most `limit` of each.
    package func underWay(by worker: Worker, upTo limit: Int) async throws -> (runs: [Invocation], actions: [Action]) {
        try await ledger.read { db in
            // In the order of the indices on held rows, so that nothing else is read.
            let runs = try db.list(
                "SELECT * FROM invocations WHERE lease_owner IS NOT NULL AND lease_owner = ? ORDER BY lease_until LIMIT ?",
                [worker.id, limit]
            ) { try Invocation(row: $0) }
            let actions = try db.list(
                "SELECT * FROM actions WHERE lease_owner IS NOT NULL AND lease_owner = ? ORDER BY lease_until LIMIT ?",
                [worker.id, limit]
            ) { try Action(row: $0) }
            return (runs, actions)
        }
    }
}
