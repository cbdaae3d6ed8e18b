package import GuildDomain

/// The coming hours with their expected usage.
///
/// An hour is its share of the trend of unscheduled usage, plus the runs that are due in it.
package struct UsageForecast: Sendable, Hashable {
    /// The beginning of the first hour.
    package let start: Timestamp
    /// Tokens of each hour from `start` on.
    package private(set) var tokens: [Double]
    /// Micro-dollars of each hour.
    package private(set) var microdollars: [Double]
    /// Tokens of `tokens` that schedules bring.
    package private(set) var scheduled = 0.0
    /// The number of due times.
    package private(set) var scheduledRuns = 0

    package init(start: Timestamp, hours: Int) {
        self.start = start
        tokens = [Double](repeating: 0, count: max(0, hours))
        microdollars = tokens
    }

    /// - Parameter price: micro-dollars a token.
    package mutating func add(_ trend: UsageTrend, price: Double) {
        for hour in tokens.indices {
            let share = trend.rate(inDays: (Double(hour) + 0.5) / 24) / 24
            tokens[hour] += share
            microdollars[hour] += share * price
        }
    }

    /// One run at each due time.
    package mutating func add(dueTimes: [Timestamp], tokensEach: Double, costEach: Double) {
        for due in dueTimes {
            let hour = (due - start).microseconds.floorDivided(by: 3_600_000_000).quotient
            guard hour >= 0, hour < tokens.count else { continue }
            tokens[Int(hour)] += tokensEach
            microdollars[Int(hour)] += costEach
            scheduled += tokensEach
            scheduledRuns += 1
        }
    }

    /// Forecasts of the same hours put together.
    package static func += (left: inout Self, right: Self) {
        for hour in left.tokens.indices where hour < right.tokens.count {
            left.tokens[hour] += right.tokens[hour]
            left.microdollars[hour] += right.microdollars[hour]
        }
        left.scheduled += right.scheduled
        left.scheduledRuns += right.scheduledRuns
    }

    /// The expected tokens.
    package var total: Int64 { Self.whole(tokens.reduce(0, +)) }
    /// The expected micro-dollars.
    package var totalMicrodollars: Int64 { Self.whole(microdollars.reduce(0, +)) }
    /// The expected tokens of scheduled runs.
    package var scheduledTokens: Int64 { Self.whole(scheduled) }

    /// The first hour that exceeds a calendar limit.
    ///
    /// - Parameters:
    ///   - committed: used and reserved in the current period.
    ///   - limit: of the current period, including grants; `baseLimit` for each later one.
    ///   - periodEnd: the end of the period that contains an instant.
    /// - Returns: nil if the limit lasts for all of the hours.
    package func exhaustion(
        of amount: Amount, committed: Int64, limit: Int64, baseLimit: Int64, periodEnd: (Timestamp) -> Timestamp
    ) -> Timestamp? {
        guard committed < limit else { return start }
        var used = Double(committed)
        var room = Double(limit)
        var end = periodEnd(start)
        let series = amount == .tokens ? tokens : microdollars
        var hour = start
        for value in series {
            if hour >= end {
                used = 0
                room = Double(baseLimit)
                end = periodEnd(hour)
            }
            used += value
            if used > room { return hour }
            hour = hour + .seconds(3600)
        }
        return nil
    }

    /// The unit of a limit.
    package enum Amount: Sendable, Hashable { case tokens, microdollars }

    private static func whole(_ value: Double) -> Int64 { Int64(exactly: value.rounded()) ?? .max }
}
