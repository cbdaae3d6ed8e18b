/// Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
package struct RetryPolicy: Sendable, Hashable {
    /// Retries after the first attempt.
    package var limit: Int
    /// The bound of the first delay; each further failure doubles it.
    package var base: Duration
    /// The longest bound of a delay.
    package var cap: Duration

    package init(limit: Int = 5, base: Duration = .seconds(2), cap: Duration = .seconds(300)) {
        self.limit = limit
        self.base = base
        self.cap = cap
    }

    /// The delay after failure number `failures` (1 is the first), or nil after the last try.
    ///
    /// - Parameters:
    ///   - jitter: a number in 0..<1, drawn by the caller.
    ///   - atLeast: the delay that the peer requested (`Retry-After`); it may exceed the cap.
    package func delay(afterFailure failures: Int, jitter: Double, atLeast: Duration = .zero) -> Duration? {
        guard failures <= limit else { return nil }
        var ceiling = base
        for _ in 1..<max(1, min(failures, 32)) {
            ceiling = min(cap, ceiling * 2)
        }
        // A full-width product: a cap near the largest duration must not overflow, nor a jitter outside its range.
        let share = Int64((jitter >= 0 ? min(jitter, 1) : 0) * Double(1 << 32))
        let microseconds = (Int128(max(0, min(ceiling, cap).microseconds)) * Int128(share)) >> 32
        return max(atLeast, .microseconds(Int64(clamping: microseconds)))
    }
}
