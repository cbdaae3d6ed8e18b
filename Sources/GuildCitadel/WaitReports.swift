import Synchronization

/// Whether an executor has reported that its run waits, and with that everything that led to the wait.
final class WaitReports: Sendable {
    private let isReported = Mutex(false)

    /// Notes a report.
    func add() { isReported.withLock { $0 = true } }

    /// - Returns: whether there was a report since the last time.
    func take() -> Bool {
        isReported.withLock { isReported in
            defer { isReported = false }
            return isReported
        }
    }
}
