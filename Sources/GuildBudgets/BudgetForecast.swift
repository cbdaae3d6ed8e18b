import Foundation
import GuildCodex
package import GuildDomain
package import GuildLedger

/// Each account's expected usage, and the limits that it will exceed.
package struct BudgetForecast: Sendable {
    /// How a limit fares.
    package struct Limit: Sendable, Hashable {
        /// The limit with the usage of its current period.
        package let standing: BudgetStanding
        /// The hour that passes it first; nil if it holds for all of the days.
        package let exhaustedAt: Timestamp?
    }

    /// One account's forecast.
    package struct Line: Sendable, Hashable {
        /// As the ledger names it.
        package let account: String
        /// The weakest basis among the account's parts.
        package let basis: UsageTrend.Basis
        /// Days with data, from the first use on.
        package let daysOfData: Double
        /// Of the last week.
        package let rate: BurnRate
        /// For unscheduled usage, as a share of a week's pace; nil if there is too little data for a trend.
        package let weeklyChange: Double?
        /// The expected usage, hour by hour.
        package let expected: UsageForecast
        /// The account's calendar limits.
        package let limits: [Limit]
    }

    /// The allowed length of a forecast, in days.
    package static let dayRange = 1...366
    /// The default length of a forecast, in days.
    package static let defaultDays = 30

    /// When the forecast begins.
    package let since: Timestamp
    /// The length of the forecast, in days.
    package let days: Int
    /// The organisation, chapters and agents; of those only the ones with usage or schedules.
    package let lines: [Line]
    /// The gaps in the figures, each a sentence.
    package let caveats: [String]
    /// Whether there is any data.
    package let hasLedger: Bool

    /// When the forecast ends.
    package var until: Timestamp { since + .seconds(86_400 * days) }
}

extension BudgetForecast {
    /// Forecasts from roll-ups and schedules: the limits are those in force, the schedules those of the current commit.
    ///
    /// - Parameters:
    ///   - days: within `dayRange`.
    ///   - budgets: nil, as `reports` is, if there is no ledger yet.
    package static func make(
        days: Int, in obeyed: ObeyedCodex, budgets: BudgetLedger?, reports: ReportLedger?, now: Timestamp
    ) async throws -> BudgetForecast {
        let snapshot = obeyed.draft ?? obeyed.snapshot
        let calendar = BudgetCalendar(Zones.named(snapshot.guild.timezone) ?? .gmt)
        let books = try await BudgetBooks(
            snapshot: obeyed.snapshot, calendar: calendar, budgets: budgets, reports: reports, now: now)
        var sources = try await ForecastSources(snapshot: snapshot, reports: reports, days: days, now: now)
        var agents: [AgentForecast] = []
        for agent in snapshot.agentsByName {
            if let forecast = try await sources.forecast(of: agent) { agents.append(forecast) }
        }
        func line(_ account: AccountName, _ parts: [AgentForecast]) -> Line {
            let limits = CalendarLimits.of(account, in: obeyed.snapshot).map { books.standings($0) } ?? []
            return self.line(account, parts, limits, days: days, calendar, now)
        }
        let chapters = snapshot.chapters.values.sorted { $0.name < $1.name }.compactMap { chapter -> Line? in
            let parts = agents.filter { $0.chapter == chapter.name }
            return parts.isEmpty ? nil : line(.chapter(chapter.name), parts)
        }
        let lines = agents.map { line(.agent($0.agent), [$0]) }.sorted { $0.expected.total > $1.expected.total }
        return BudgetForecast(
            since: now, days: days, lines: [line(.organization, agents)] + chapters + lines,
            caveats: sources.caveats, hasLedger: reports != nil)
    }

    private static func line(
        _ account: AccountName, _ parts: [AgentForecast], _ standings: [BudgetStanding], days: Int,
        _ calendar: BudgetCalendar, _ now: Timestamp
    ) -> Line {
        var expected = UsageForecast(start: now, hours: days * 24)
        for part in parts { expected += part.expected }
        let known = parts.map(\.trend).filter { $0.basis != .none }
        let daily = known.reduce(0) { $0 + $1.daily }
        let hasTrend = !known.isEmpty && known.allSatisfy { $0.basis == .trend } && daily > 0
        let limits = standings.map { standing in
            Limit(
                standing: standing,
                exhaustedAt: expected.exhaustion(
                    of: standing.unit == .tokens ? .tokens : .microdollars, committed: standing.committed,
                    limit: standing.limit, baseLimit: standing.limit.subtractingSaturated(standing.granted)
                ) { calendar.interval(of: standing.period, at: $0).end })
        }
        return Line(
            account: account.description,
            basis: known.isEmpty ? .none : known.allSatisfy { $0.basis == .trend } ? .trend : .mean,
            daysOfData: known.map(\.days).max() ?? 0,
            rate: BurnRate(
                spent: parts.reduce(0) { $0.addingSaturated($1.lastWeek) }, window: ForecastSources.week,
                firstUse: parts.compactMap(\.firstUse).min(), now: now),
            weeklyChange: hasTrend ? known.reduce(0) { $0 + $1.slope } * 7 / daily : nil, expected: expected,
            limits: limits)
    }
}

/// One agent's share of a forecast.
struct AgentForecast: Sendable {
    let agent: String
    /// As the codex has it now.
    let chapter: String?
    /// For unscheduled usage.
    let trend: UsageTrend
    let expected: UsageForecast
    /// Tokens of the last seven days.
    let lastWeek: Int64
    /// Within those.
    let firstUse: Timestamp?
}
