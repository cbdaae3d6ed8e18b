import GRDB
package import GuildDomain

/// A commit that was offered as configuration, and what came of it.
package struct CodexHead: Sendable, Hashable {
    package let at: Timestamp
    package let commit: String
    package let isAccepted: Bool
    /// The located problems of a refused one.
    package let problems: [String]
}

extension Ledger {
    package func recordHead(
        commit: String, accepted: Bool, problems: [String], actor: String, now: Timestamp
    ) async throws {
        try await write { db in
            let last = try String.fetchOne(
                db, sql: "SELECT commit_id || accepted FROM codex_heads ORDER BY seq DESC LIMIT 1")
            guard last != "\(commit)\(accepted ? 1 : 0)" else { return }
            let list = JSONValue.array(problems.prefix(100).map { .string($0) })
            try db.execute(
                sql: "INSERT INTO codex_heads (at, commit_id, accepted, problems) VALUES (?, ?, ?, ?)",
                arguments: [now, commit, accepted, list.text()])
            try db.appendAudit(
                AuditEntry(
                    at: now, actor: actor, kind: accepted ? .codexAccepted : .codexRefused, subject: commit,
                    commit: commit, body: ["problems": list]))
        }
    }

    package func lastHeads(limit: Int = 5) async throws -> [CodexHead] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM codex_heads ORDER BY seq DESC LIMIT ?", arguments: [limit]).map {
                CodexHead(
                    at: $0["at"], commit: $0["commit_id"], isAccepted: $0["accepted"],
                    problems: $0.json("problems").array?.compactMap(\.string) ?? [])
            }
        }
    }

    /// The commits that an unfinished invocation names: they must outlive a force-push and gc.
    package func commitsInUse() async throws -> Set<String> {
        try await read { db in
            try Set(
                String.fetchAll(
                    db,
                    sql: """
                        SELECT commit_id FROM invocations WHERE state = 'queued'
                        UNION SELECT commit_id FROM invocations WHERE state = 'waiting'
                        UNION SELECT commit_id FROM invocations WHERE lease_owner IS NOT NULL
                        """))
        }
    }
}
