import Foundation
import GuildDomain
import Testing

@testable import GuildBudgets
@testable import GuildLedger

@Suite struct UsageForecastTests {
    private let now = Timestamp(seconds: 1_790_000_000 / 3600 * 3600)

    private func days(_ totals: [Int64]) -> [(at: Timestamp, tokens: Int64)] {
        // The last element is the last 24 hours.
        totals.enumerated().map { (now - .seconds((totals.count - $0.offset) * 86_400 - 3600), $0.element) }
    }

    @Test func `nothing used is nothing known`() {
        #expect(UsageTrend.fit([], now: now) == .nothing)
        #expect(UsageTrend.fit([(now - .seconds(60 * 86_400), 500)], now: now).basis == .none)
        #expect(UsageTrend.nothing.rate(inDays: 30) == 0)
    }

    @Test func `little data gives a mean and no trend`() {
        let trend = UsageTrend.fit(days([100, 500, 900]), now: now)
        #expect(trend.basis == .mean)
        #expect(trend.slope == 0)
        #expect(trend.weeklyChange == nil)
        #expect(abs(trend.daily - 1500 / (71.0 / 24)) < 0.01)
        #expect(trend.rate(inDays: 100) == trend.daily)
        // What began ten minutes ago is not taken to go on like this all day.
        let new = UsageTrend.fit([(now - .seconds(600), 10)], now: now)
        #expect(new.daily == 10)
        #expect(new.days < 0.01)
    }

    @Test func `a week of data gives a line`() {
        let trend = UsageTrend.fit(days([900, 100, 200, 300, 400, 500, 600, 700, 800]), now: now)
        #expect(trend.basis == .trend)
        let even = UsageTrend.fit(days([Int64](repeating: 240, count: 14)), now: now)
        #expect(abs(even.slope) < 1e-9)
        #expect(abs(even.daily - 240) < 1e-6)
        let rising = UsageTrend.fit(days((1...14).map { $0 * 100 }), now: now)
        #expect(abs(rising.slope - 100) < 1)
        #expect(rising.rate(inDays: 1) > rising.rate(inDays: 0))
        #expect(rising.rate(inDays: 1000) <= 2 * 1400)
        let falling = UsageTrend.fit(days((1...14).reversed().map { $0 * 100 }), now: now)
        #expect(falling.rate(inDays: 100) == 0)
    }

    @Test func `a forecast is the trend and the due times`() {
        var forecast = UsageForecast(start: now, hours: 48)
        forecast.add(UsageTrend(basis: .mean, daily: 240, slope: 0, days: 3, ceiling: 240), price: 2)
        #expect(forecast.total == 480)
        #expect(forecast.totalMicrodollars == 960)
        forecast.add(
            dueTimes: [now + .seconds(60), now + .seconds(3600 * 47), now + .seconds(3600 * 48), now - .seconds(1)],
            tokensEach: 1000, costEach: 5)
        #expect(forecast.scheduledRuns == 2)
        #expect(forecast.scheduledTokens == 2000)
        #expect(forecast.total == 2480)
        var sum = forecast
        sum += forecast
        #expect(sum.total == 4960)
        #expect(sum.scheduledRuns == 4)
    }

    @Test func `what schedules brought is not taken for chance, though it posts an hour late`() {
        func hour(_ number: Int, _ tokens: Int64) -> AgentHour {
            AgentHour(
                at: now + .seconds(number * 3600), agent: "a", chapter: "", tokens: tokens, costMicrodollars: 0)
        }
        let rest = ForecastSources.unscheduled(
            [hour(0, 50), hour(1, 130), hour(2, 10)], [now: 100, now + .seconds(7200): 5])
        #expect(rest.map(\.at) == [now, now + .seconds(3600), now + .seconds(7200)])
        #expect(rest.map(\.tokens) == [0, 80, 5])
    }

    @Test func `a limit is passed in the hour that brings more than it has left`() {
        var forecast = UsageForecast(start: now, hours: 72)
        forecast.add(UsageTrend(basis: .mean, daily: 2400, slope: 0, days: 3, ceiling: 2400), price: 0)
        let end = now + .seconds(12 * 3600)
        func reached(_ committed: Int64, _ limit: Int64, base: Int64) -> Duration? {
            forecast.exhaustion(of: .tokens, committed: committed, limit: limit, baseLimit: base) { instant in
                var next = end
                while next <= instant { next = next + .seconds(86_400) }
                return next
            }.map { $0 - now }
        }
        // 100 tokens an hour: 12 hours left of this period, 24 in each that follows.
        #expect(reached(0, 1200, base: 2400) == nil)
        #expect(reached(0, 1199, base: 2400) == .seconds(11 * 3600))
        #expect(reached(0, 5000, base: 2350) == .seconds((12 + 23) * 3600))
        #expect(reached(500, 500, base: 9000) == .zero)
        #expect(forecast.exhaustion(of: .microdollars, committed: 0, limit: 1, baseLimit: 1) { _ in end } == nil)
    }
}
