import Foundation
import GRDB
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

    package struct Agent: Sendable, Hashable {
        package let name: String
        package let byState: [String: Int]
        package let lastEndedAt: Timestamp?
        package let lastState: String?
        package let consecutiveFailures: Int
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
    package let agents: [Agent]
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
                try Dictionary(Row.fetchAll(db, sql: sql).map { ($0[0] as String, $0[1] as Int) }) { first, _ in first }
            }
            let invocations = try counts("SELECT state, count(*) FROM invocations GROUP BY 1")
            return LedgerStatus(
                path: path, bytes: sizes[0], walBytes: sizes[1],
                events: try Int64.fetchOne(db, sql: "SELECT max(seq) FROM events") ?? 0,
                inboundDepth: try db.inboundDepth(atLeast: Self.countLimit), invocationsByState: invocations,
                actionsByState: try counts("SELECT state, count(*) FROM actions GROUP BY 1"),
                deadLetters: try db.deadLetterCount(),
                notificationsPending: try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM notifications WHERE state = 'pending'") ?? 0,
                auditEntries: try Int64.fetchOne(db, sql: "SELECT seq FROM audit_head") ?? 0,
                processes: try self.processes(db), agents: try Self.agents(db))
        }
    }

    private func processes(_ db: Database) throws -> [LedgerStatus.Process] {
        try Row.fetchAll(db, sql: "SELECT * FROM workers WHERE ended_at IS NULL ORDER BY started_at").map { row in
            let id: WorkerID = row["id"]
            return LedgerStatus.Process(
                id: id, components: row["components"], pid: row["pid"], host: row["host"], version: row["version"],
                startedAt: row["started_at"], isAlive: !isDead(id))
        }
    }

    /// States over the last 1,000 invocations of each agent.
    private static func agents(_ db: Database) throws -> [LedgerStatus.Agent] {
        let names = try String.fetchAll(db, sql: "SELECT DISTINCT agent FROM invocations ORDER BY agent LIMIT 1000")
        return try names.map { name in
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT state, ended_at FROM invocations WHERE agent = ? ORDER BY seq DESC LIMIT 1000",
                arguments: [name])
            let states = rows.map { $0["state"] as String }
            let ended = rows.first { ($0["ended_at"] as Timestamp?) != nil }
            let finals = states.filter { InvocationState(rawValue: $0)?.isFinal == true }
            return LedgerStatus.Agent(
                name: name, byState: Dictionary(states.map { ($0, 1) }, uniquingKeysWith: +),
                lastEndedAt: ended?["ended_at"], lastState: ended?["state"],
                consecutiveFailures: finals.prefix { $0 == "failed" }.count)
        }
    }
}
