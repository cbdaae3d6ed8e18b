import Foundation
package import GuildCodex
package import GuildDomain
package import GuildLedger

/// The spending of a period, grouped, and how long the rest will last (`MANA_REPORT_V1`).
package struct BudgetReport: Sendable {
    /// The name and version of the JSON form.
    package static let `protocol` = "MANA_REPORT_V1"
    /// Days of one report by day.
    package static let maximumDays = 1000

    /// One group's spending in the period.
    package struct Line: Sendable, Hashable {
        /// The agent, chapter, model, day or root.
        package let name: String
        /// The number of calls.
        package let calls: Int64
        /// The tokens by class.
        package let usage: TokenUsage
        /// The cost in micro-dollars.
        package let costMicrodollars: Int64
        /// The tokens that were settled by estimate.
        package let estimatedTokens: Int64
        /// Held by calls that are under way; nil if the grouping has no account of its own.
        package let reserved: Int64?
        /// The running day and month of the group's account.
        package let limits: [BudgetStanding]

        /// The tokens of all classes.
        package var tokens: Int64 { usage.total }
    }

    /// How the lines are grouped.
    package let grouping: UsageGrouping
    /// Whole hours.
    package let since: Timestamp
    /// When the period ends.
    package let until: Timestamp
    /// The organisation's time zone.
    package let timezone: String
    /// Whether days begin within an hour, which then counts towards the day in which it begins.
    package let splitsHours: Bool
    /// The lines, sorted for display.
    package let lines: [Line]
    /// Groups that spent something and have no line, because there are too many.
    package let omitted: Int64
    /// Of the whole period, omitted groups too.
    package let total: Line
    /// The organisation's running day and month; none if guild.yaml sets no limit.
    package let pool: [BudgetStanding]
    /// The reported period's own.
    package let burnRate: BurnRate
    /// When the alerts begin.
    package let alerts: GuildManifest.Alerts
    /// False if there is no ledger yet: then everything is zero.
    package let hasLedger: Bool

    /// The first of the pool's.
    package var projectedExhaustion: Timestamp? { pool.compactMap(\.projectedExhaustion).min() }
}

/// The parameters of a report.
package struct BudgetQuery: Sendable {
    /// How the lines are grouped.
    package var grouping: UsageGrouping
    /// Nil means the beginning of the current month.
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
    /// Gathers a report from the hourly roll-ups.
    ///
    /// - Parameter budgets: nil, as `reports` is, if there is no ledger yet.
    /// - Throws: `Failure` of kind `usage` for a period that is empty or has too many days.
    package static func make(
        _ query: BudgetQuery, in snapshot: CodexSnapshot, budgets: BudgetLedger?, reports: ReportLedger?,
        now: Timestamp
    ) async throws -> BudgetReport {
        let calendar = BudgetCalendar(Zones.named(snapshot.guild.timezone) ?? .gmt)
        let until = (query.until ?? now).hour(roundedUp: true)
        let asked = query.since ?? calendar.interval(of: .month, at: now).start
        // The hour across a midnight belongs to the day before, so a day begins with the hour after it.
        let since = asked.hour(roundedUp: calendar.interval(of: .day, at: asked).start == asked)
        guard since < until else {
            throw Failure(
                .usage, "the period is empty: \(since.rfc3339) to \(until.rfc3339)",
                hint: "--since must be before --until")
        }
        let books = try await BudgetBooks(
            snapshot: snapshot, calendar: calendar, budgets: budgets, reports: reports, now: now)
        let (lines, omitted, total) = try await books.lines(query.grouping, since: since, until: until)
        // The future has no pace.
        let rate = BurnRate(spent: total.tokens, span: min(until, max(now, since)) - since)
        return BudgetReport(
            grouping: query.grouping, since: since, until: until, timezone: snapshot.guild.timezone,
            splitsHours: calendar.splitsHours(at: now), lines: lines, omitted: omitted, total: total,
            pool: books.poolStandings, burnRate: rate, alerts: snapshot.guild.alerts, hasLedger: reports != nil)
    }
}

extension Timestamp {
    private static let hour: Int64 = 3_600_000_000

    /// The whole hour at or before it, or at or after it.
    fileprivate func hour(roundedUp: Bool) -> Timestamp {
        let remainder = microseconds.floorDivided(by: Self.hour).remainder
        let floor = microseconds.subtractingSaturated(remainder)
        return Timestamp(microseconds: roundedUp && remainder > 0 ? floor.addingSaturated(Self.hour) : floor)
    }
}
