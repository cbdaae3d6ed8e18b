import Foundation
import GuildDomain

/// Questions of people: traces, use, status.
package struct ReportLedger: Sendable {
    let ledger: Ledger

    /// Messages that are counted one by one.
    private static let countLimit: Int64 = 1_000_000

    /// Reads the figures for `guild status`.
    package func status() async throws -> LedgerStatus {
        let path = ledger.location.path
        let sizes = [path, ledger.location.walPath].map { file -> Int64 in
            var status = stat()
            return stat(file, &status) == 0 ? Int64(status.st_size) : 0
        }
        return try await ledger.read { db in
            func counts(_ sql: String) throws -> [String: Int] {
                let rows = try db.list(sql) { row in (try row[0] as String, try row[1] as Int) }
                return Dictionary(rows) { first, _ in first }
            }
            let invocations = try counts("SELECT state, count(*) FROM invocations GROUP BY 1")
            return LedgerStatus(
                path: path, bytes: sizes[0], walBytes: sizes[1],
                events: try db.value("SELECT max(seq) FROM events", as: Int64.self) ?? 0,
                inboundDepth: try db.events.inboundDepth(atLeast: Self.countLimit), invocationsByState: invocations,
                actionsByState: try counts("SELECT state, count(*) FROM actions GROUP BY 1"),
                deadLetters: try db.dispatch.deadLetterCount(),
                notificationsPending: try db.value(
                    "SELECT count(*) FROM notifications WHERE state = 'pending'", as: Int.self) ?? 0,
                auditEntries: try db.value("SELECT seq FROM audit_head", as: Int64.self) ?? 0,
                processes: try self.processes(db))
        }
    }

    private func processes(_ db: LedgerTransaction) throws -> [LedgerStatus.Process] {
        try db.list("SELECT * FROM workers WHERE ended_at IS NULL ORDER BY started_at") { row in
            let id: WorkerID = try row["id"]
            return try LedgerStatus.Process(
                id: id, components: row["components"], pid: row["pid"], host: row["host"], version: row["version"],
                startedAt: row["started_at"], isAlive: !ledger.workers.isDead(id))
        }
    }
}
