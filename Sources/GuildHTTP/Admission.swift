import Synchronization

/// Counts the work that the listener has accepted, over all its connections.
final class Admission: Sendable {
    private let limits: HTTPLimits
    private let requests = Atomic<Int>(0)
    private let unsentBytes = Atomic<Int>(0)

    init(limits: HTTPLimits) { self.limits = limits }

    /// A request in work, until nobody holds this.
    final class Place: Sendable {
        private let admission: Admission

        fileprivate init(_ admission: Admission) { self.admission = admission }

        deinit { admission.requests.subtract(1, ordering: .relaxed) }
    }

    /// - Returns: nil when there are too many.
    func enter() -> Place? {
        guard requests.add(1, ordering: .relaxed).newValue > limits.maxRequestsInFlight else { return Place(self) }
        requests.subtract(1, ordering: .relaxed)
        return nil
    }

    /// Takes room for an answer that its client has not taken at once, to be given back by `sent`.
    func hold(unsent bytes: Int) -> Bool {
        guard unsentBytes.add(bytes, ordering: .relaxed).newValue > limits.unsentAnswerBytes else { return true }
        unsentBytes.subtract(bytes, ordering: .relaxed)
        return false
    }

    func sent(_ bytes: Int) { unsentBytes.subtract(bytes, ordering: .relaxed) }
}
