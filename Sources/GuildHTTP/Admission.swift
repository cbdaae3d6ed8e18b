import Synchronization

/// Counts what the listener has taken on, over all its connections.
final class Admission: Sendable {
    private let limits: HTTPLimits
    private let requests = Atomic<Int>(0)
    private let unsentBytes = Atomic<Int>(0)

    init(limits: HTTPLimits) { self.limits = limits }

    /// Takes a place for a handler, to be given back by `leave`.
    func enter() -> Bool {
        guard requests.add(1, ordering: .relaxed).newValue > limits.maxRequestsInFlight else { return true }
        requests.subtract(1, ordering: .relaxed)
        return false
    }

    func leave() { requests.subtract(1, ordering: .relaxed) }

    /// Takes room for an answer that its client has not taken at once, to be given back by `sent`.
    func hold(unsent bytes: Int) -> Bool {
        guard unsentBytes.add(bytes, ordering: .relaxed).newValue > limits.unsentAnswerBytes else { return true }
        unsentBytes.subtract(bytes, ordering: .relaxed)
        return false
    }

    func sent(_ bytes: Int) { unsentBytes.subtract(bytes, ordering: .relaxed) }
}
