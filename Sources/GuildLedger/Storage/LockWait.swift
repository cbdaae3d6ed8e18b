import Synchronization

/// How long one write waits for the lock of a program that writes to the ledger without our rules, as `sqlite3` does.
final class LockWait: Sendable {
    /// Nil waits as long as the ledger does: see `Ledger.waitForLocks`.
    let deadline: ContinuousClock.Instant?
    private let isCancelled = Mutex(false)

    init(patience: Duration? = nil) { deadline = patience.map { .now + $0 } }

    /// Nobody wants the write any more: it waits for no lock.
    func cancel() { isCancelled.withLock { $0 = true } }

    /// The end of the wait; nil while it lasts.
    ///
    /// - Parameter isEndless: whether a write without a deadline waits.
    func end(at now: ContinuousClock.Instant, isEndless: Bool, path: String) -> (any Error)? {
        if isCancelled.withLock({ $0 }) { return CancellationError() }
        guard let deadline else { return isEndless ? nil : LedgerFailure.locked(path: path) }
        return now < deadline ? nil : LedgerFailure.locked(path: path)
    }
}
