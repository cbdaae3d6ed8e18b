package import GuildDomain

/// A commit that a live process has been reading since.
package struct LoadingCommit: Sendable, Hashable {
    package let worker: WorkerID
    package let commit: String
    package let since: Timestamp
}

extension CodexLedger {
    /// Records what a process is reading; nil means that it is done.
    package func noteLoading(_ commit: String?, since: Timestamp, by worker: WorkerID) async throws {
        try await ledger.write { db in
            guard let commit else {
                return try db.run("DELETE FROM codex_loading WHERE worker = ?", [worker])
            }
            try db.run(
                """
                INSERT INTO codex_loading (worker, commit_id, since) VALUES (?, ?, ?)
                ON CONFLICT (worker) DO UPDATE SET commit_id = excluded.commit_id, since = excluded.since
                """, [worker, commit, since])
        }
    }

    /// The readings of live processes, the longest first.
    package func loadingCommits() async throws -> [LoadingCommit] {
        try await ledger.read { db in
            try db.list("SELECT * FROM codex_loading ORDER BY since") { row in
                try LoadingCommit(worker: row["worker"], commit: row["commit_id"], since: row["since"])
            }
        }.filter { !ledger.workers.isDead($0.worker) }
    }
}
