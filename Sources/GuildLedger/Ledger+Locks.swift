extension Ledger {
    /// The time after which a try at somebody's lock ends, and who has waited long enough is told.
    private static let lockAttemptMilliseconds: Int32 = 1500

    /// How long the writes of this task wait for the lock of a program without our rules; nil as long as the ledger does.
    /// The task's own, because the rooms between a request and its writes know nothing of locks.
    @TaskLocal package static var lockPatience: Duration?

    /// From now on a write waits for such a lock until it is gone, the task is cancelled or its `lockPatience` is used up.
    /// Before, it fails after the ledger's busy timeout.
    ///
    /// - Parameter notice: told, on the writer's thread, when a lock begins and ends to hold writes up.
    package func waitForLocks(_ notice: @escaping @Sendable (_ isHeld: Bool) -> Void) throws {
        lane.waitForLocks(attemptMilliseconds: Self.lockAttemptMilliseconds, notice)
    }

    /// From now on a write fails after one try at a lock.
    package func stopWaitingForLocks() { lane.stopWaitingForLocks() }

    /// Whether the ledger can be written to without waiting for somebody's lock.
    package func probe() async throws {
        guard !lane.isLockedOut else { throw LedgerFailure.locked(path: location.path) }
        try await Self.$lockPatience.withValue(.zero) { try await submit { _ in } }
    }
}
