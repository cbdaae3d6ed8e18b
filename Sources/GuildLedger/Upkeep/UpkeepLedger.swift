package import GuildDomain

/// Backup, check, retention and the log file.
package struct UpkeepLedger: Sendable {
    let ledger: Ledger

    /// Prunes, and empties a log that has grown too large, unless another process does so at this moment: the file's lock
    /// says so, and the kernel frees it when its holder dies.
    ///
    /// - Returns: nil if another one is at it.
    package func keepHouse(
        _ plan: RetentionPlan, actor: String, now: Timestamp, looksAtFiles: Bool = true,
        goesOn: @Sendable () -> Bool = { true }
    ) async throws -> RetentionReport? {
        let lock = try FileLock(path: ledger.location.housekeepingPath)
        guard lock.tryLock() else { return nil }
        defer { lock.unlock() }
        let report = try await prune(plan, actor: actor, now: now, looksAtFiles: looksAtFiles, goesOn: goesOn)
        try await sayOverdueDuplicates(now: now)
        try await checkpoint()
        return report
    }

    /// Notes about deliveries that came again of which one round takes as many.
    private static let duplicatesPerRound = 500

    private func sayOverdueDuplicates(now: Timestamp) async throws {
        guard try await ledger.read({ try $0.events.hasOverdueDuplicates(now: now) }) else { return }
        try await ledger.write { db in _ = try db.events.sayOverdueDuplicates(now: now, limit: Self.duplicatesPerRound)
        }
    }
}
