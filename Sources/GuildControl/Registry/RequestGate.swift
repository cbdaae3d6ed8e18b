import Synchronization

/// Admits a limited number of expensive requests at a time, and rejects the others.
package final class RequestGate: Sendable {
    private let limit: Int
    private let inside = Mutex(0)

    /// Admits `limit` requests at a time.
    package init(limit: Int) { self.limit = limit }

    /// - Returns: the result of `body`; nil if too many are inside, and then it is not called.
    package func pass<Value: Sendable>(_ body: () async throws -> Value) async rethrows -> Value? {
        let isIn = inside.withLock { inside in
            guard inside < limit else { return false }
            inside += 1
            return true
        }
        guard isIn else { return nil }
        defer { inside.withLock { $0 -= 1 } }
        return try await body()
    }
}
