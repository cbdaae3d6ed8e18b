import Foundation
package import GuildDomain

/// What `guild status` shows of the ledger.
package struct LedgerStatus: Sendable, Hashable {
    package struct Process: Sendable, Hashable {
        package let id: WorkerID
        package let components: String
        package let pid: Int32
        package let host: String
        package let version: String
        package let startedAt: Timestamp
        package let isAlive: Bool
    }

    package let path: String
    package let bytes: Int64
    package let walBytes: Int64
    package let events: Int64
    package let inboundDepth: Int64
    package let invocationsByState: [String: Int]
    package let actionsByState: [String: Int]
    package let deadLetters: Int
    package let notificationsPending: Int
    package let auditEntries: Int64
    package let processes: [Process]
}

extension Ledger {
    /// Messages that are counted one by one.
    private static let countLimit: Int64 = 1_000_000

    package func status() async throws -> LedgerStatus {
        let path = location.path
        let sizes = [path, location.walPath].map { file -> Int64 in
            var status = stat()
            return stat(file, &status) == 0 ? Int64(status.st_size) : 0
        }
        return try await read { db in
            func counts(_ sql: String) throws -> [String: Int] {
                let rows = try db.all(sql) { row in (try row[0] as String, try row[1] as Int) }
                return Dictionary(rows) { first, _ in first }
            }
            let invocations = try counts("SELECT state, count(*) FROM invocations GROUP BY 1")
            return LedgerStatus(
                path: path, bytes: sizes[0], walBytes: sizes[1],
                events: try db.value("SELECT max(seq) FROM events", as: Int64.self) ?? 0,
                inboundDepth: try db.inboundDepth(atLeast: Self.countLimit), invocationsByState: invocations,
                actionsByState: try counts("SELECT state, count(*) FROM actions GROUP BY 1"),
                deadLetters: try db.deadLetterCount(),
                notificationsPending: try db.value(
                    "SELECT count(*) FROM notifications WHERE state = 'pending'", as: Int.self) ?? 0,
                auditEntries: try db.value("SELECT seq FROM audit_head", as: Int64.self) ?? 0,
                processes: try self.processes(db))
        }
    }

    private func processes(_ db: LedgerTransaction) throws -> [LedgerStatus.Process] {
        try db.all("SELECT * FROM workers WHERE ended_at IS NULL ORDER BY started_at") { row in
            let id: WorkerID = try row["id"]
            return try LedgerStatus.Process(
                id: id, components: row["components"], pid: row["pid"], host: row["host"], version: row["version"],
                startedAt: row["started_at"], isAlive: !isDead(id))
        }
    }
}
