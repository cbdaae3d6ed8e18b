extension ReportLedger {
    /// One read, for frequent callers.
    package func readiness() async throws -> LedgerReadiness {
        try await ledger.read { db in
            LedgerReadiness(
                head: try db.codex.lastHeads(limit: 1).first, secrets: try db.secrets.standings(),
                held: try db.events.heldStandings())
        }
    }
}
