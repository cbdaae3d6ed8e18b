package import GuildDomain

/// The commits of the codex that were met, accepted or refused.
package struct CodexLedger: Sendable {
    let ledger: Ledger

    /// Records that a commit was offered, with the result; repetitions in a row are recorded once.
    ///
    /// - Parameter isServing: whether `guild serve` records it, and not a single run.
    package func recordHead(
        commit: String, accepted: Bool, problems: [String], actor: String, isServing: Bool = true, now: Timestamp
    ) async throws {
        try await ledger.write { db in
            try db.codex.recordHead(
                commit: commit, accepted: accepted, problems: problems, actor: actor, isServing: isServing, now: now)
        }
    }

    /// The commit that was accepted last; nil if none ever was.
    package func acceptedHead() async throws -> String? { try await ledger.read { try $0.codex.acceptedHead() } }

    /// The commits that were accepted last, the newest first: whose ledger it is. None if none ever was.
    package func acceptedCommits() async throws -> [String] {
        try await lastHeads(limit: Self.headsThatTell).filter(\.isAccepted).map(\.commit)
    }

    private static let headsThatTell = 100

    package func lastHeads(limit: Int = 5) async throws -> [CodexHead] {
        try await ledger.read { try $0.codex.lastHeads(limit: limit) }
    }

    /// Dead letters that one read looks at.
    private static let lettersPerRead = 2000

    /// The commits that an unfinished invocation names, or one that a person may retry: they must outlive a force-push and
    /// gc.
    package func commitsInUse() async throws -> Set<String> {
        var commits = try await ledger.read { db in
            Set(
                try db.listed(
                    """
                    SELECT commit_id FROM invocations WHERE state = 'queued'
                    UNION SELECT commit_id FROM invocations WHERE state = 'waiting'
                    UNION SELECT commit_id FROM invocations WHERE lease_owner IS NOT NULL
                    """, as: String.self))
        }
        var before: Int64? = .max
        while let end = before {
            let page = try await ledger.read {
                try $0.codex.commitsOfDeadLetters(before: end, limit: Self.lettersPerRead)
            }
            commits.formUnion(page.commits)
            before = page.next
        }
        return commits
    }
}

extension CodexStatements {
    func lastHeads(limit: Int) throws -> [CodexHead] {
        try db.list("SELECT * FROM codex_heads ORDER BY seq DESC LIMIT ?", [limit]) { row in
            try CodexHead(
                at: row["at"], commit: row["commit_id"], isAccepted: row["accepted"],
                problems: row.explanations("problems"))
        }
    }

    func acceptedHead() throws -> String? {
        try db.value("SELECT commit_id FROM codex_heads WHERE accepted = 1 ORDER BY seq DESC LIMIT 1", as: String.self)
    }

    /// The commits of the dead letters before a number, except those that were discarded or erased, which cannot be
    /// retried.
    ///
    /// - Returns: also the number to continue before; nil if there are no more.
    fileprivate func commitsOfDeadLetters(
        before seq: Int64, limit: Int
    ) throws -> (commits: Set<String>, next: Int64?) {
        let rows = try db.all(
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
    /// - Parameter head: nil for a process with a fixed commit.
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
        try db.run(
            "INSERT INTO codex_heads (at, commit_id, accepted, problems, serving) VALUES (?, ?, ?, ?, ?)",
            [now, commit, accepted, list.text(), isServing])
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: accepted ? .codexAccepted : .codexRefused, subject: commit,
                commit: commit, body: ["problems": list]))
    }

    /// A refusal holds until the next acceptance: otherwise every process that meets the commit, and each restart,
    /// would record it again.
    private func isRecorded(_ commit: String, accepted: Bool, isServing: Bool) throws -> Bool {
        if accepted {
            let last = try db.list("SELECT commit_id, accepted FROM codex_heads ORDER BY seq DESC LIMIT 1") { row in
                (commit: try row["commit_id"] as String, isAccepted: try row["accepted"] as Bool)
            }.first
            guard let last, last.commit == commit, last.isAccepted else { return false }
            // A commit that a run accepted is accepted again by the first process that serves it.
            return try !isServing || isServed()
        }
        return try db.holds(
            """
            SELECT EXISTS (SELECT 1 FROM codex_heads WHERE commit_id = ? AND accepted = 0
                AND seq > (SELECT coalesce(max(seq), 0) FROM codex_heads WHERE accepted = 1))
            """, [commit])
    }
}
