import Foundation
import GuildDomain

extension UpkeepLedger {
    /// Files that are looked at while writers of large bodies wait.
    private static let filesPerHold = 64
    /// How often the lock is asked for: writers that hold it are through in milliseconds, a backup is not.
    private static let tries = 20

    /// Removes the files that no row names: those of erased events, and what a crash left.
    ///
    /// A writer shares the bodies' lock from before it stores a body until the row that names it is committed, and a
    /// backup while it copies. With the lock held alone, a file that no row names is nobody's. Nothing is awaited
    /// meanwhile, for who waits for the lock may stand on the thread that would have to continue.
    ///
    /// - Returns: how many went; none while a backup is made.
    func sweepBodies(_ goesOn: () -> Bool, _ report: inout RetentionReport) async throws -> Int {
        let files = await Blocking.value { ledger.bodies.files() }
        var removed = 0
        for start in stride(from: 0, to: files.count, by: Self.filesPerHold) {
            guard goesOn() else {
                report.isComplete = false
                return removed
            }
            let some = files[start..<min(start + Self.filesPerHold, files.count)]
            // Most files are somebody's; only the others are looked at with the lock held.
            let strays = try await ledger.scan { db in try some.filter { try db.retention.isStray($0) } }
            guard let count = try await Blocking.run({ try self.remove(strays) }) else {
                report.isComplete = false
                return removed
            }
            removed += count
        }
        return removed
    }

    /// - Returns: nil if the lock could not be had.
    private func remove(_ strays: [BodyStore.File]) throws -> Int? {
        guard !strays.isEmpty else { return 0 }
        let lock = try FileLock(path: ledger.bodies.lockPath)
        guard
            (0..<Self.tries).contains(where: { _ in
                if lock.tryLock() { return true }
                sched_yield()
                return false
            })
        else { return nil }
        defer { lock.unlock() }
        do {
            return try ledger.engine.read { db in
                try strays.count { try db.retention.isStray($0) && unlink($0.path) == 0 }
            }
        } catch {
            throw LedgerFailure.translating(error, path: ledger.location.path)
        }
    }
}

extension RetentionStatements {
    /// Whether no row names that file.
    fileprivate func isStray(_ file: BodyStore.File) throws -> Bool {
        guard let digest = file.digest else { return true }
        return try !namesBody(digest)
    }
}
