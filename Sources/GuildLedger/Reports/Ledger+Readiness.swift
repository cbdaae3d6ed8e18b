/// A ledger's report on a serving process, all of one moment.
package struct LedgerReadiness: Sendable {
    /// The commit that was offered last.
    package let head: CodexHead?
    package let secrets: [SecretStanding]
    package let held: [HeldStanding]
}

extension Ledger {
    /// One read, for frequent callers.
    package func readiness() async throws -> LedgerReadiness {
        try await read { db in
            LedgerReadiness(
                head: try db.lastHeads(limit: 1).first, secrets: try db.secretStandings(),
                held: try db.heldStandings())
        }
    }
}
