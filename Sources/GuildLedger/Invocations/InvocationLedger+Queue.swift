package import GuildDomain

extension InvocationLedger {
    /// Invocations that are not at their end, in the order in which they are or will be taken: by priority, then by age.
    package func unfinished(limit: Int) async throws -> [Invocation] {
        try await ledger.read { db in
            // Three partial indexes; a plain OR would scan every invocation there ever was.
            try db.list(
                """
                SELECT * FROM invocations WHERE seq IN (
                    SELECT seq FROM invocations WHERE state = 'queued'
                    UNION ALL SELECT seq FROM invocations WHERE state = 'waiting'
                    UNION ALL SELECT seq FROM invocations WHERE lease_owner IS NOT NULL)
                ORDER BY priority, seq LIMIT ?
                """, [limit], read: Invocation.init)
        }
    }
}
