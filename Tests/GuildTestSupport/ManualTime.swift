package import GuildDomain
import Synchronization

/// A clock that stands still until a test moves it. Who sleeps is woken in the order of the deadlines.
package final class ManualTime: TimeSource {
    private struct Sleeper {
        let deadline: Timestamp
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        let deadline: Timestamp
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now: Timestamp
        var nextID: UInt64 = 0
        var sleepers: [UInt64: Sleeper] = [:]
        var watchers: [Watcher] = []

        /// Takes out those whose deadline has come, the earliest first.
        mutating func due() -> [Sleeper] {
            let due = sleepers.filter { $0.value.deadline <= now }
            for id in due.keys { sleepers[id] = nil }
            return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }.map(\.value)
        }
    }

    private let state: Mutex<State>

    package init(_ now: Timestamp = Timestamp(seconds: 1_790_000_000)) { state = Mutex(State(now: now)) }

    package var now: Timestamp { state.withLock { $0.now } }

    package func advance(by duration: Duration) { set(to: now + duration) }

    /// Sets the clock, backwards too.
    package func set(to instant: Timestamp) {
        let due = state.withLock { state in
            state.now = instant
            return state.due()
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    package func sleep(until deadline: Timestamp) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (outcome, told) = begin(Sleeper(deadline: deadline, continuation: continuation), id)
                for watcher in told { watcher.continuation.resume() }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Returns once somebody sleeps until exactly this instant.
    package func waitForSleeper(until deadline: Timestamp) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.values.contains(where: { $0.deadline == deadline }) { return true }
                state.watchers.append(Watcher(deadline: deadline, continuation: continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// - Returns: how the sleep ends at once, if it does, and who waited for it to begin.
    private func begin(_ sleeper: Sleeper, _ id: UInt64) -> (Result<Void, any Error>?, [Watcher]) {
        state.withLock { state in
            if Task.isCancelled { return (.failure(CancellationError()), []) }
            if sleeper.deadline <= state.now { return (.success(()), []) }
            state.sleepers[id] = sleeper
            let told = state.watchers.filter { $0.deadline == sleeper.deadline }
            state.watchers.removeAll { $0.deadline == sleeper.deadline }
            return (nil, told)
        }
    }
}
