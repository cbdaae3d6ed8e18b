package import GuildDomain

/// A commit that was offered as configuration, and what came of it.
package struct CodexHead: Sendable, Hashable {
    package let at: Timestamp
    package let commit: String
    package let isAccepted: Bool
    /// The located problems of a refused one.
    package let problems: [String]
}

/// Another process has accepted a newer commit than the one that this step was made with: take that up, then again.
package struct StaleHead: GuildError, Equatable {
    /// The commit that is accepted now.
    package let accepted: String
    /// The commit that the step was made with.
    package let used: String

    package var kind: ErrorKind { .unavailable }
    package var message: String {
        "commit \(used.prefix(12)) is not the accepted one any more: \(accepted.prefix(12)) is"
    }
    package var hint: String? { "take up the accepted commit, then try again" }
}

extension Ledger {
    /// Records that a commit was offered and what came of it, once for each time in a row.
    ///
    /// - Parameter isServing: whether `guild serve` says so, and not a single run.
    package func recordHead(
        commit: String, accepted: Bool, problems: [String], actor: String, isServing: Bool = true, now: Timestamp
    ) async throws {
        try await write { db in
            try db.recordHead(
                commit: commit, accepted: accepted, problems: problems, actor: actor, isServing: isServing, now: now)
        }
    }

    /// The commit that was accepted last; nil where none ever was.
    package func acceptedHead() async throws -> String? { try await read { try $0.acceptedHead() } }

    /// The commits that were accepted last, the newest first: whose ledger it is. None where none ever was.
    package func acceptedCommits() async throws -> [String] {
        try await lastHeads(limit: Self.headsThatTell).filter(\.isAccepted).map(\.commit)
    }

    private static let headsThatTell = 100

    package func lastHeads(limit: Int = 5) async throws -> [CodexHead] {
        try await read { try $0.lastHeads(limit: limit) }
    }

    /// Dead letters that one read looks at.
    private static let lettersPerRead = 2000

    /// The commits that an unfinished invocation names, or one that a person may retry: they must outlive a force-push and
    /// gc.
    package func commitsInUse() async throws -> Set<String> {
        var commits = try await read { db in
            Set(
                try db.column(
                    """
                    SELECT commit_id FROM invocations WHERE state = 'queued'
                    UNION SELECT commit_id FROM invocations WHERE state = 'waiting'
                    UNION SELECT commit_id FROM invocations WHERE lease_owner IS NOT NULL
                    """, as: String.self))
        }
        var before: Int64? = .max
        while let end = before {
            let page = try await read { try $0.commitsOfDeadLetters(before: end, limit: Self.lettersPerRead) }
            commits.formUnion(page.commits)
            before = page.next
        }
        return commits
    }
}

extension LedgerTransaction {
    func lastHeads(limit: Int) throws -> [CodexHead] {
        try all("SELECT * FROM codex_heads ORDER BY seq DESC LIMIT ?", [limit]) { row in
            try CodexHead(
                at: row["at"], commit: row["commit_id"], isAccepted: row["accepted"],
                problems: row.json("problems").array?.compactMap(\.string) ?? [])
        }
    }

    func acceptedHead() throws -> String? {
        try value("SELECT commit_id FROM codex_heads WHERE accepted = 1 ORDER BY seq DESC LIMIT 1", as: String.self)
    }

    /// What the dead letters before a number were run with, but for those that were dropped or erased: they stay dead.
    ///
    /// - Returns: also the number to go on before; nil where there are no more.
    fileprivate func commitsOfDeadLetters(
        before seq: Int64, limit: Int
    ) throws -> (commits: Set<String>, next: Int64?) {
        let rows = try all(
            """
            SELECT i.seq, i.commit_id, e.erased_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM dropped_letters WHERE invocation = i.id) AS kept
            FROM invocations i INDEXED BY invocations_dead JOIN events e ON e.id = i.event
            WHERE i.state IN ('failed', 'expired') AND i.seq < ? ORDER BY i.seq DESC LIMIT ?
            """, [seq, limit]
        ) { row in
            (seq: try row["seq"] as Int64, commit: try row["commit_id"] as String, isKept: try row["kept"] as Bool)
        }
        let commits = rows.filter(\.isKept).map(\.commit)
        return (Set(commits), rows.count < limit ? nil : rows.last?.seq)
    }

    /// Fences a step by the commit that it was made with, inside the step's own transaction.
    ///
    /// - Parameter head: nil for a process that was told which commit to use.
    func requireAccepted(_ head: String?) throws {
        guard let head, let accepted = try acceptedHead(), accepted != head else { return }
        throw StaleHead(accepted: accepted, used: head)
    }

    func recordHead(
        commit: String, accepted: Bool, problems: [String], actor: String, isServing: Bool, now: Timestamp
    ) throws {
        let isServing = isServing && accepted
        guard try !isRecorded(commit, accepted: accepted, isServing: isServing) else { return }
        let list = JSONValue.array(problems.prefix(100).map { .string($0) })
        try run(
            "INSERT INTO codex_heads (at, commit_id, accepted, problems, serving) VALUES (?, ?, ?, ?, ?)",
            [now, commit, accepted, list.text(), isServing])
        try appendAudit(
            AuditEntry(
                at: now, actor: actor, kind: accepted ? .codexAccepted : .codexRefused, subject: commit,
                commit: commit, body: ["problems": list]))
    }

    /// A refusal stands until the next acceptance: every process that meets the commit, and each restart, would say it
    /// again.
    private func isRecorded(_ commit: String, accepted: Bool, isServing: Bool) throws -> Bool {
        if accepted {
            let last = try first("SELECT commit_id, accepted FROM codex_heads ORDER BY seq DESC LIMIT 1") { row in
                (commit: try row["commit_id"] as String, isAccepted: try row["accepted"] as Bool)
            }
            guard let last, last.commit == commit, last.isAccepted else { return false }
            // What a run accepted is accepted once more by the first that serves it.
            return try !isServing || isServed()
        }
        return try holds(
            """
            SELECT EXISTS (SELECT 1 FROM codex_heads WHERE commit_id = ? AND accepted = 0
                AND seq > (SELECT coalesce(max(seq), 0) FROM codex_heads WHERE accepted = 1))
            """, [commit])
    }
}
