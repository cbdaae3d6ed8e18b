import Foundation
package import GuildCodex
package import GuildDomain
package import GuildLedger

/// What was spent in a period, by what, and how long the rest will last (`MANA_REPORT_V1`).
package struct BudgetReport: Sendable {
    package static let `protocol` = "MANA_REPORT_V1"
    /// Days of one report by day.
    package static let maximumDays = 1000

    /// A calendar limit in force and what the running period has used of it. All are tokens.
    package struct Standing: Sendable, Hashable {
        package let period: BudgetCalendar.Period
        package let limit: Int64
        package let used: Int64
        package let reserved: Int64
        /// When the running period ends.
        package let endsAt: Timestamp

        /// Never negative.
        package var remaining: Int64 { max(0, limit.addingSaturated(-used).addingSaturated(-reserved)) }
    }

    package struct Line: Sendable, Hashable {
        package let name: String
        package let calls: Int64
        package let usage: TokenUsage
        package let tokens: Int64
        package let costMicrodollars: Int64
        package let estimatedTokens: Int64
        /// Held by calls that are under way; nil where the grouping has no account of its own.
        package let reserved: Int64?
        package let limits: [Standing]
    }

    package let grouping: UsageGrouping
    /// Whole hours.
    package let since: Timestamp
    package let until: Timestamp
    package let timezone: String
    package let lines: [Line]
    /// The organisation's pool; none where guild.yaml sets no limit.
    package let pool: [Standing]
    /// Held by calls under way, all together.
    package let reserved: Int64
    /// Tokens a day at the pace of the period.
    package let burnRateDaily: Int64
    /// When the first of the pool's limits would be reached at that pace; nil where its period ends before.
    package let projectedExhaustion: Timestamp?
    /// False where there is no ledger yet: then everything is zero.
    package let hasLedger: Bool

    package var tokens: Int64 { lines.reduce(0) { $0.addingSaturated($1.tokens) } }
    package var costMicrodollars: Int64 { lines.reduce(0) { $0.addingSaturated($1.costMicrodollars) } }
}

/// What a report is asked for.
package struct BudgetQuery: Sendable {
    package var grouping: UsageGrouping
    /// Nil begins with the running month.
    package var since: Timestamp?
    /// Nil ends now.
    package var until: Timestamp?

    package init(grouping: UsageGrouping, since: Timestamp? = nil, until: Timestamp? = nil) {
        self.grouping = grouping
        self.since = since
        self.until = until
    }
}

extension BudgetReport {
    /// Gathers a report.
    ///
    /// - Parameter ledger: nil where there is none yet.
    /// - Throws: `Failure` of kind `usage` for a period that is empty or has too many days.
    package static func make(
        _ query: BudgetQuery, in snapshot: CodexSnapshot, ledger: Ledger?, now: Timestamp
    ) async throws -> BudgetReport {
        let calendar = BudgetCalendar(Zones.named(snapshot.guild.timezone) ?? .gmt)
        let until = (query.until ?? now).hour(roundedUp: true)
        let since = (query.since ?? calendar.interval(of: .month, at: now).start).hour(roundedUp: false)
        guard since < until else {
            throw Failure(
                .usage, "the period is empty: \(since.rfc3339) to \(until.rfc3339)",
                hint: "--since must lie before --until")
        }
        let books = try await BudgetBooks(snapshot: snapshot, calendar: calendar, ledger: ledger, now: now)
        let lines = try await books.lines(query.grouping, since: since, until: until)
        let pool = books.poolStandings
        // What lies ahead has no pace.
        let elapsed = max(.seconds(3600), min(until, max(now, since)) - since)
        let rate = burnRate(tokens: lines.reduce(0) { $0.addingSaturated($1.tokens) }, over: elapsed)
        return BudgetReport(
            grouping: query.grouping, since: since, until: until, timezone: snapshot.guild.timezone, lines: lines,
            pool: pool, reserved: books.reserved("organization"), burnRateDaily: rate,
            projectedExhaustion: exhaustion(of: pool, burnRateDaily: rate, now: now), hasLedger: ledger != nil)
    }

    static func burnRate(tokens: Int64, over elapsed: Duration) -> Int64 {
        let rate = Double(tokens) * 86_400_000_000 / Double(max(1, elapsed.microseconds))
        return Int64(exactly: rate.rounded()) ?? .max
    }

    /// The first instant at which a limit is reached, of those reached before their period ends.
    static func exhaustion(of pool: [Standing], burnRateDaily rate: Int64, now: Timestamp) -> Timestamp? {
        pool.compactMap { standing -> Timestamp? in
            if standing.remaining == 0 { return now }
            guard rate > 0 else { return nil }
            let seconds = (Double(standing.remaining) / Double(rate) * 86_400).rounded(.up)
            let reached = now + .seconds(Int64(exactly: seconds) ?? .max / 2_000_000)
            return reached < standing.endsAt ? reached : nil
        }.min()
    }
}

extension Timestamp {
    private static let hour: Int64 = 3_600_000_000

    /// The whole hour at or before it, or at or after it.
    fileprivate func hour(roundedUp: Bool) -> Timestamp {
        let remainder = microseconds.floorDivided(by: Self.hour).remainder
        let floor = microseconds.addingSaturated(-remainder)
        return Timestamp(microseconds: roundedUp && remainder > 0 ? floor.addingSaturated(Self.hour) : floor)
    }
}
