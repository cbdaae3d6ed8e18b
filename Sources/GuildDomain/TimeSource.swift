import Foundation

/// The source of the time. Decisions take a `Timestamp`; only services hold a source.
package protocol TimeSource: Sendable {
    var now: Timestamp { get }
    /// Returns when the time has reached `deadline`, or throws `CancellationError`.
    func sleep(until deadline: Timestamp) async throws
}

/// The machine's own clock: the one place that reads it.
package struct SystemTime: TimeSource {
    /// The clock of this system.
    package init() {}

    /// The present wall-clock time.
    package var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// A long sleep is taken in pieces of at most a minute, so that a stepped wall clock is noticed. It never lasts
    /// longer than planned at its beginning: the sleeper checks again, even if the clock was set back.
    package func sleep(until deadline: Timestamp) async throws {
        var patience = deadline - now
        while true {
            let piece = min(deadline - now, patience, .seconds(60))
            guard piece > .zero else { return }
            try await Task.sleep(for: piece, tolerance: .milliseconds(5))
            patience -= piece
        }
    }
}
