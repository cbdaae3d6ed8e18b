package import GuildDomain

/// How fast something goes, and when it will be gone.
package struct BurnRate: Sendable, Hashable {
    /// Tokens, or micro-dollars.
    package let spent: Int64
    /// In which `spent` went.
    package let span: Duration

    /// A shorter span has no pace: roll-ups count in hours.
    package static let leastSpan = Duration.seconds(3600)

    package init(spent: Int64, span: Duration) {
        self.spent = max(0, spent)
        self.span = max(Self.leastSpan, span)
    }

    /// The usage from the beginning of a window, or from the first hour in it with any use, until now.
    ///
    /// - Parameter firstUse: nil if nothing was used.
    package init(spent: Int64, window: Duration, firstUse: Timestamp?, now: Timestamp) {
        let span = now - max(now - window, firstUse ?? (now - window))
        // The first hours do not represent the pace of a week.
        self.init(spent: spent, span: max(span, window / 24))
    }

    /// A day at this pace; the largest number rather than an overflow.
    package var daily: Int64 {
        let rate = Double(spent) * 86_400_000_000 / Double(max(1, span.microseconds))
        return Int64(exactly: rate.rounded()) ?? .max
    }

    /// When the remainder runs out at this pace.
    ///
    /// - Returns: `now` if nothing remains; nil if it lasts until `end`.
    package func exhaustion(of remaining: Int64, now: Timestamp, before end: Timestamp) -> Timestamp? {
        guard remaining > 0 else { return now }
        guard spent > 0 else { return nil }
        let seconds = (Double(remaining) / Double(spent) * (Double(span.microseconds) / 1e6)).rounded(.up)
        // Beyond any calendar, and still an exact count of microseconds.
        guard seconds < 1e12 else { return nil }
        let reached = now + .seconds(Int64(seconds))
        return reached < end ? reached : nil
    }
}
