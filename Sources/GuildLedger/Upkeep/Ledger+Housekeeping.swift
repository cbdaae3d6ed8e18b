package import GuildDomain

extension Ledger {
    /// Prunes, and empties a log that has grown too large, unless another process does so at this moment: the file's lock
    /// says so, and the kernel frees it when its holder dies.
    ///
    /// - Returns: nil where another one is at it.
    package func keepHouse(
        _ plan: RetentionPlan, actor: String, now: Timestamp, looksAtFiles: Bool = true,
        goesOn: @Sendable () -> Bool = { true }
    ) async throws -> RetentionReport? {
        let lock = try FileLock(path: location.housekeepingPath)
        guard lock.tryLock() else { return nil }
        defer { lock.unlock() }
        let report = try await prune(plan, actor: actor, now: now, looksAtFiles: looksAtFiles, goesOn: goesOn)
        try await checkpoint()
        return report
    }
}
