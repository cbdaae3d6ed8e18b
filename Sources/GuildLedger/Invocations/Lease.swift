import Foundation
package import GuildDomain

/// The holder of a piece of work, and how long others leave it alone.
package struct Lease: Sendable, Hashable {
    /// How long a claim holds without renewal, and how often it is renewed.
    package static let length = Duration.seconds(30)
    package static let renewal = Duration.seconds(10)

    /// The worker that holds the work.
    package let owner: WorkerID
    /// When the lease lapses without renewal.
    package let until: Timestamp

    package init(owner: WorkerID, now: Timestamp) {
        self.owner = owner
        until = now + Self.length
    }
}

/// A process that claims work. Its file stays locked while it lives, so that others on this host see its death at once.
package final class Worker: Sendable {
    /// Identifies the process in leases.
    package let id: WorkerID
    private let file: FileLock

    fileprivate init(id: WorkerID, file: consuming FileLock) {
        self.id = id
        self.file = file
    }

    /// A lease for this worker from now on.
    package func lease(now: Timestamp) -> Lease { Lease(owner: id, now: now) }
}

extension WorkerLedger {
    /// Records a process that claims work.
    package func register(components: [String], version: String, now: Timestamp) async throws -> Worker {
        let id = WorkerID(now: now)
        let file = try FileLock(path: lockPath(of: id))
        guard file.tryLock() else { throw LedgerFailure.locked(path: ledger.location.path) }
        let host = Self.hostName()
        try await ledger.write { db in
            try db.run(
                "INSERT INTO workers (id, components, pid, host, version, started_at) VALUES (?, ?, ?, ?, ?, ?)",
                [id, components.joined(separator: " "), getpid(), host, version, now])
        }
        return Worker(id: id, file: file)
    }

    /// The worker ends: any worker may now take its intended work.
    package func unregister(_ worker: Worker, now: Timestamp) async throws {
        try await ledger.write { db in
            try db.run("UPDATE workers SET ended_at = ? WHERE id = ?", [now, worker.id])
            _ = try db.invocations.clearAffinity(to: worker.id)
        }
        unlink(lockPath(of: worker.id))
    }

    /// The workers of this ledger whose lock is free: they died without saying so.
    package func dead() async throws -> [WorkerID] {
        try await registered().filter(isDead)
    }

    /// The processes of this host that work in this ledger now.
    package func liveProcesses() async throws -> [Int] {
        let workers = try await ledger.read { db in
            try db.list("SELECT id, pid FROM workers WHERE ended_at IS NULL ORDER BY started_at") {
                try (id: $0["id"] as WorkerID, process: $0["pid"] as Int)
            }
        }
        return workers.filter { !isDead($0.id) }.map(\.process)
    }

    /// The workers that have not said that they ended.
    func registered() async throws -> [WorkerID] {
        try await ledger.read { db in try db.listed("SELECT id FROM workers WHERE ended_at IS NULL", as: WorkerID.self)
        }
    }

    /// A worker whose file is gone or not locked does not run on this host.
    func isDead(_ worker: WorkerID) -> Bool {
        let path = lockPath(of: worker)
        if access(path, F_OK) != 0 { return errno == ENOENT }
        // An error here means that the file cannot be opened; then the lease's own time decides.
        guard let file = try? FileLock(existing: path) else { return false }
        return file.isFree()
    }

    func lockPath(of worker: WorkerID) -> String { ledger.location.workersFolder + "/\(worker).lock" }

    /// The host's own name, without asking the network for it.
    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension InvocationStatements {
    /// - Parameter worker: its id, or a damaged one.
    /// - Returns: how much unfinished work is now anybody's.
    func clearAffinity(to worker: any Storable) throws -> Int {
        let invocations = try db.changes(
            """
            UPDATE invocations SET affinity = NULL
            WHERE affinity = ? AND state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')
            """, [worker])
        let actions = try db.changes(
            """
            UPDATE actions SET affinity = NULL
            WHERE affinity = ? AND state NOT IN ('succeeded', 'failed', 'rejected', 'cancelled')
            """, [worker])
        return invocations + actions
    }
}
