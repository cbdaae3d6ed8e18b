package import GuildDomain

/// An agent's daily usage and its trend, from past usage.
///
/// With a week of data a straight line through the days (least squares); with less the mean, because a line through
/// three days says more about chance than about the fourth.
package struct UsageTrend: Sendable, Hashable {
    /// How the trend was computed.
    package enum Basis: String, Sendable, CaseIterable {
        /// Nothing was ever used.
        case none
        /// Too little data for a trend.
        case mean
        case trend
    }

    /// How the trend was computed.
    package let basis: Basis
    /// Tokens a day, now.
    package let daily: Double
    /// By how many tokens a day that grows each day.
    package let slope: Double
    /// Days that were looked at, from the first use on.
    package let days: Double
    /// No projection passes this many tokens a day: twice the busiest day there was.
    package let ceiling: Double

    /// Days of history that count.
    package static let historyDays = 28
    /// Days that a trend takes.
    package static let trendDays = 7

    /// The trend of an agent that never used anything.
    package static let nothing = UsageTrend(basis: .none, daily: 0, slope: 0, days: 0, ceiling: 0)

    /// - Parameters:
    ///   - hours: tokens by the beginning of their hour, in any order; hours after `now` do not count.
    ///   - now: whole days are counted back from here, so that a clock change shortens none.
    package static func fit(_ hours: [(at: Timestamp, tokens: Int64)], now: Timestamp) -> UsageTrend {
        let start = now - .seconds(86_400 * historyDays)
        let seen = hours.filter { $0.at >= start && $0.at <= now && $0.tokens > 0 }
        guard let first = seen.map(\.at).min() else { return nothing }
        // Usage that began an hour ago is not extrapolated to a whole day.
        let span = max(now - first, .seconds(86_400))
        let days = Double(span.microseconds) / 86_400_000_000
        let whole = min(historyDays, Int(days))
        var totals = [Double](repeating: 0, count: max(1, whole))
        var sum = 0.0
        for hour in seen {
            sum += Double(hour.tokens)
            let age = Int((now - hour.at).microseconds / 86_400_000_000)
            if age < totals.count { totals[age] += Double(hour.tokens) }
        }
        let mean = sum / days
        guard whole >= trendDays else {
            let seen = Double((now - first).microseconds) / 86_400_000_000
            return UsageTrend(basis: .mean, daily: mean, slope: 0, days: seen, ceiling: mean)
        }
        let (level, slope) = line(through: totals)
        let ceiling = 2 * (totals.max() ?? 0)
        return UsageTrend(
            basis: .trend, daily: min(max(0, level), ceiling), slope: slope, days: days, ceiling: ceiling)
    }

    /// Tokens a day, this many days from now; never negative.
    package func rate(inDays days: Double) -> Double { min(max(0, daily + slope * days), max(ceiling, daily)) }

    /// The change of the pace in a week, as a share of the current pace; nil if there is no trend.
    package var weeklyChange: Double? { basis == .trend && daily > 0 ? slope * 7 / daily : nil }

    /// Least squares. A day's tokens count at its middle, `totals[0]` half a day ago.
    private static func line(through totals: [Double]) -> (level: Double, slope: Double) {
        let points = totals.enumerated().map { (x: -(Double($0.offset) + 0.5), y: $0.element) }
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + $1.x } / count
        let meanY = points.reduce(0) { $0 + $1.y } / count
        let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        guard spread > 0 else { return (meanY, 0) }
        let slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
        return (meanY - slope * meanX, slope)
    }
}
