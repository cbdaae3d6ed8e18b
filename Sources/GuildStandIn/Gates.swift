import Synchronization

/// Named points at which an answer is held until a test lets it go.
final class Gates: Sendable {
    private struct State {
        var open: Set<String> = []
        var waiting: [String: [Int: CheckedContinuation<Void, Never>]] = [:]
        var lastWaiter = 0
    }

    private let state = Mutex(State())

    /// Returns once the gate is open.
    ///
    /// - Throws: `CancellationError` when the client has gone.
    func pass(_ name: String) async throws {
        let waiter = state.withLock {
            $0.lastWaiter += 1
            return $0.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLock {
                    if $0.open.contains(name) || Task.isCancelled { return true }
                    $0.waiting[name, default: [:]][waiter] = continuation
                    return false
                }
                if passes { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting[name]?.removeValue(forKey: waiter) }?.resume()
        }
        try Task.checkCancellation()
    }

    /// Never returns but by an error, when the client has gone.
    func stall() async throws -> Never {
        while true { try await pass("\u{0}") }
    }

    /// Opens a gate for present and future waiters.
    func release(_ name: String) {
        let waiting = state.withLock {
            $0.open.insert(name)
            return $0.waiting.removeValue(forKey: name) ?? [:]
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Closes all gates again; present waiters keep waiting.
    func reset() { state.withLock { $0.open = [] } }

    /// How many answers each gate holds.
    var waiting: [(name: String, count: Int)] {
        state.withLock {
            $0.waiting.filter { $0.key != "\u{0}" && !$0.value.isEmpty }.map { ($0.key, $0.value.count) }
                .sorted { $0.0 < $1.0 }
        }
    }
}
