import Synchronization

/// The time limit of one reading of the codex, which its owner can also cancel. The reading checks it at each entry and
/// each file.
package final class LoadDeadline: Sendable {
    /// The time limit, for messages.
    package let limit: Duration
    private let end: ContinuousClock.Instant
    private let cancelled = Atomic(false)

    /// Counts from now.
    package init(_ limit: Duration) {
        self.limit = limit
        end = ContinuousClock.now + limit
    }

    /// Ends the reading at its next check.
    package func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// Whether the reading was cancelled.
    package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Whether reading on is of no use.
    var isOver: Bool { isCancelled || ContinuousClock.now >= end }

    /// - Throws: `cancelled` or `tooSlow`.
    func check(place: String, revision: String) throws(CodexRepositoryError) {
        if isCancelled { throw .cancelled(place: place) }
        if isOver { throw .tooSlow(place: place, revision: revision, limit: limit) }
    }
}
