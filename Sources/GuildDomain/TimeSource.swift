import Foundation

/// The source of the time. Decisions take a `Timestamp`; only services hold a source.
package protocol TimeSource: Sendable {
    var now: Timestamp { get }
    /// Returns when the time has reached `deadline`, or throws `CancellationError`.
    func sleep(until deadline: Timestamp) async throws
    /// Calls `action` once, on no particular thread, when the time has reached `deadline`, unless the alarm is cancelled.
    func alarm(at deadline: Timestamp, _ action: @escaping @Sendable () -> Void) -> Alarm
}

extension TimeSource {
    /// An alarm made of a sleep.
    package func alarm(at deadline: Timestamp, _ action: @escaping @Sendable () -> Void) -> Alarm {
        let sleep = Task {
            try await self.sleep(until: deadline)
            action()
        }
        return Alarm { sleep.cancel() }
    }
}

/// A call that a clock will make, as long as nobody cancels it.
package struct Alarm: Sendable {
    private let whenCancelled: @Sendable () -> Void

    /// - Parameter whenCancelled: called at each `cancel`.
    package init(whenCancelled: @escaping @Sendable () -> Void) { self.whenCancelled = whenCancelled }

    /// It may be ringing already.
    package func cancel() { whenCancelled() }
}

/// The machine's own clock: the one place that reads it. Its callers wait above this room.
package struct SystemTime: Sendable {
    /// The clock of this system.
    package init() {}

    /// The present wall-clock time.
    package var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
