package import GuildDomain

extension CodexLedger {
    /// Records that a person made this the ledger of a codex.
    ///
    /// - Parameters:
    ///   - codex: the repository.
    ///   - before: the ledger that was the codex's until now.
    package func noteTaken(by codex: String, before: String?, actor: String, now: Timestamp) async throws {
        try await ledger.write { db in
            try db.audit.append(
                AuditEntry(
                    at: now, actor: actor, kind: .operatorCommand, subject: "ledger use",
                    body: [
                        "command": "ledger use", "codex": .string(codex), "before": before.map { .string($0) } ?? .null,
                    ]))
        }
    }
}
