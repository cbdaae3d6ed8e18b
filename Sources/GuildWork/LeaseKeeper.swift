import GuildDomain
import GuildLedger
import Synchronization

/// Renews the lease of a piece of work every 10 s, until the work ends or a renewal fails.
///
/// Between renewals it is an alarm of the clock and no task of its own: nearly all work ends before the first one.
final class LeaseKeeper: Sendable {
    private struct State {
        var alarm: Alarm?
        var renewal: Task<Void, Never>?
        var failure: (any Error)?
        var isOver = false
    }

    private let renew: ClaimLoop.Work
    private let time: any TimeSource
    private let whenLost: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameter whenLost: called if a renewal fails.
    init(renew: @escaping ClaimLoop.Work, time: any TimeSource, whenLost: @escaping @Sendable () -> Void) {
        self.renew = renew
        self.time = time
        self.whenLost = whenLost
    }

    /// Sets the alarm for the next renewal.
    func begin() {
        let alarm = time.alarm(at: time.now + Lease.renewal) { self.renewNow() }
        let isOver = state.withLock { state in
            state.alarm = alarm
            return state.isOver
        }
        if isOver { alarm.cancel() }
    }

    /// The work has ended: nothing is renewed any more.
    ///
    /// - Throws: the failure of the renewal by which the lease was lost.
    func end() async throws {
        let (alarm, renewal) = state.withLock { state in
            state.isOver = true
            return (state.alarm, state.renewal)
        }
        alarm?.cancel()
        renewal?.cancel()
        await renewal?.value
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func renewNow() {
        state.withLock { state in
            guard !state.isOver else { return }
            state.renewal = Task {
                do {
                    try await renew()
                    begin()
                } catch {
                    lose(error)
                }
            }
        }
    }

    private func lose(_ error: any Error) {
        let isLost = state.withLock { state in
            guard !state.isOver else { return false }
            state.failure = error
            return true
        }
        if isLost { whenLost() }
    }
}
