import Dispatch
import GuildDomain
import Synchronization

/// The waits of this process for times by the clock, with one timer for all of them: nearly every wait is cancelled before its end,
/// and then leaves nothing behind.
///
/// A long wait is looked at once a minute, so that a stepped wall clock is noticed. It never lasts longer than planned at
/// its beginning: its end counts by the monotonic clock too.
final class AlarmQueue: Sendable {
    private static let longestPieceNanoseconds: UInt64 = 60_000_000_000

    /// Some 35 years.
    private static let longestMicroseconds: Int64 = 1 << 50

    static let shared = AlarmQueue()

    private enum Ending {
        case resume(CheckedContinuation<Void, any Error>)
        case call(@Sendable () -> Void)
    }

    private struct Waiter {
        let id: UInt64
        let deadline: Timestamp
        /// Its end by the monotonic clock, whatever the wall clock says.
        let latest: UInt64
        /// When it is looked at next, by the monotonic clock.
        var look: UInt64
        let ending: Ending
    }

    private struct State {
        var lastID: UInt64 = 0
        /// The next one last.
        var waiters: [Waiter] = []
        /// The next look that a timer is set for; further timers were overtaken by it.
        var timerAt: UInt64?
    }

    private let state = Mutex(State())

    func sleep(until deadline: Timestamp) async throws {
        guard deadline > SystemTime().now else { return }
        let id = nextID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if !add(id, deadline, .resume(continuation)) { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            if case .resume(let continuation) = remove(id) { continuation.resume(throwing: CancellationError()) }
        }
    }

    func alarm(at deadline: Timestamp, _ action: @escaping @Sendable () -> Void) -> Alarm {
        let id = nextID()
        if deadline <= SystemTime().now || !add(id, deadline, .call(action)) { action() }
        return Alarm { _ = self.remove(id) }
    }

    private func nextID() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// - Returns: false if the task was cancelled; it then does not wait.
    private func add(_ id: UInt64, _ deadline: Timestamp, _ ending: Ending) -> Bool {
        let now = Self.uptime
        let latest = now + Self.nanoseconds(until: deadline, from: SystemTime().now)
        return state.withLock { state in
            if case .resume = ending, Task.isCancelled { return false }
            let look = min(latest, now + Self.longestPieceNanoseconds)
            Self.insert(Waiter(id: id, deadline: deadline, latest: latest, look: look, ending: ending), in: &state)
            setTimer(&state)
            return true
        }
    }

    private func remove(_ id: UInt64) -> Ending? {
        state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index).ending
        }
    }

    private static func insert(_ waiter: Waiter, in state: inout State) {
        var low = 0
        var high = state.waiters.count
        while low < high {
            let middle = (low + high) / 2
            if state.waiters[middle].look > waiter.look { low = middle + 1 } else { high = middle }
        }
        state.waiters.insert(waiter, at: low)
    }

    private func setTimer(_ state: inout State) {
        guard let next = state.waiters.last?.look, next < state.timerAt ?? .max else { return }
        state.timerAt = next
        DispatchQueue.global(qos: .userInitiated).asyncAfter(deadline: DispatchTime(uptimeNanoseconds: next)) {
            self.ring(timerAt: next)
        }
    }

    private func ring(timerAt: UInt64) {
        let now = Self.uptime
        let wall = SystemTime().now
        let ended = state.withLock { state -> [Ending] in
            guard state.timerAt == timerAt else { return [] }
            state.timerAt = nil
            var ended: [Ending] = []
            while var waiter = state.waiters.last, waiter.look <= now {
                state.waiters.removeLast()
                if waiter.latest <= now || waiter.deadline <= wall {
                    ended.append(waiter.ending)
                } else {
                    let rest = Self.nanoseconds(until: waiter.deadline, from: wall)
                    waiter.look = min(waiter.latest, now + min(rest, Self.longestPieceNanoseconds))
                    Self.insert(waiter, in: &state)
                }
            }
            setTimer(&state)
            return ended
        }
        for ending in ended {
            switch ending {
            case .resume(let continuation): continuation.resume()
            case .call(let action): action()
            }
        }
    }

    private static func nanoseconds(until deadline: Timestamp, from now: Timestamp) -> UInt64 {
        UInt64(min(max(0, (deadline - now).microseconds), longestMicroseconds)) * 1000
    }

    private static var uptime: UInt64 { DispatchTime.now().uptimeNanoseconds }
}
