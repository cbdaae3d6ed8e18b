/// What a ledger says of a process that serves it, all of one moment.
package struct LedgerReadiness: Sendable {
    /// The commit that was offered last.
    package let head: CodexHead?
    package let secrets: [SecretStanding]
    package let held: [HeldStanding]
}

extension Ledger {
    /// One read, for what is asked every few seconds.
    package func readiness() async throws -> LedgerReadiness {
        try await read { db in
            LedgerReadiness(
                head: try db.lastHeads(limit: 1).first, secrets: try db.secretStandings(),
                held: try db.heldStandings())
        }
    }
}
