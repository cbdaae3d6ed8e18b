package import GuildDomain
import Synchronization

/// A counter that can be awaited: wake-ups without polling, and none is missed between a check and a sleep.
package final class Signal: Sendable {
    private struct State {
        var generation: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Read it before looking for work; hand it to `wait` afterwards.
    package var generation: UInt64 { state.withLock { $0.generation } }

    /// Wakes everybody who waits for the signal.
    package func raise() {
        let waiters = state.withLock { state in
            state.generation &+= 1
            defer { state.waiters.removeAll() }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns as soon as the generation differs from `seen`, or the task is cancelled.
    package func wait(after seen: UInt64) async { await wait(after: seen) { _ in } }

    /// Returns when the signal is raised, at `deadline`, or when the task is cancelled.
    package func wait(after seen: UInt64, until deadline: Timestamp, time: any TimeSource) async {
        var alarm: Alarm?
        await wait(after: seen) { waiter in
            alarm = time.alarm(at: deadline) { self.wake(waiter) }
        }
        alarm?.cancel()
    }

    /// - Parameter whenWaiting: called once it really waits.
    private func wait(after seen: UInt64, whenWaiting: (_ waiter: UInt64) -> Void) async {
        let waiter = state.withLock { state in
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumeNow = state.withLock { state in
                    if state.generation != seen || Task.isCancelled { return true }
                    state.waiters[waiter] = continuation
                    return false
                }
                if resumeNow { continuation.resume() } else { whenWaiting(waiter) }
            }
        } onCancel: {
            wake(waiter)
        }
    }

    private func wake(_ waiter: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume()
    }
}
