import Synchronization

/// Counts what the listener has taken on, over all its connections.
final class Admission: Sendable {
    private let limits: HTTPLimits
    private let requests = Atomic<Int>(0)
    private let bodyBytes = Atomic<Int>(0)

    init(limits: HTTPLimits) { self.limits = limits }

    /// Takes a place for a handler, to be given back by `leave`.
    func enter() -> Bool {
        guard requests.add(1, ordering: .relaxed).newValue > limits.maxRequestsInFlight else { return true }
        requests.subtract(1, ordering: .relaxed)
        return false
    }

    func leave() { requests.subtract(1, ordering: .relaxed) }

    /// Takes room for a piece of a body, to be given back by `release`.
    func reserve(bytes: Int) -> Bool {
        guard bodyBytes.add(bytes, ordering: .relaxed).newValue > limits.bufferedBodyBytes else { return true }
        bodyBytes.subtract(bytes, ordering: .relaxed)
        return false
    }

    func release(bytes: Int) { bodyBytes.subtract(bytes, ordering: .relaxed) }
}
