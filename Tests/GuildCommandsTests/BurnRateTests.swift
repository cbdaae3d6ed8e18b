import GuildDomain
import Testing

@testable import GuildBudgets

@Suite struct BurnRateTests {
    private let now = Timestamp(seconds: 1_790_000_000)

    @Test func `a rate is what a day takes at the pace of the span`() {
        #expect(BurnRate(spent: 100, span: .seconds(43_200)).daily == 200)
        #expect(BurnRate(spent: 700, span: .seconds(7 * 86_400)).daily == 100)
        #expect(BurnRate(spent: 0, span: .seconds(86_400)).daily == 0)
    }

    @Test func `a window begins with its first use`() {
        let week = Duration.seconds(7 * 86_400)
        func daily(_ first: Timestamp?) -> Int64 {
            BurnRate(spent: 1400, window: week, firstUse: first, now: now).daily
        }
        #expect(daily(now - .seconds(2 * 86_400)) == 700)
        #expect(daily(now - .seconds(30 * 86_400)) == 200)
        #expect(daily(nil) == 200)
        // An hour of use is no pace of a week: it counts as seven.
        #expect(daily(now - .seconds(3600)) == 4800)
    }

    @Test func `less than an hour is no pace, and no size traps`() {
        #expect(BurnRate(spent: 10, span: .zero).daily == 240)
        #expect(BurnRate(spent: 10, span: .seconds(-5)).daily == 240)
        #expect(BurnRate(spent: .max, span: .seconds(1)).daily == .max)
        #expect(BurnRate(spent: .min, span: .seconds(1)).daily == 0)
    }

    @Test func `what remains is gone before the period ends, or not at this rate`() {
        let rate = BurnRate(spent: 1000, span: .seconds(86_400))
        let end = now + .seconds(86_400)
        #expect(rate.exhaustion(of: 500, now: now, before: end) == now + .seconds(43_200))
        #expect(rate.exhaustion(of: 1000, now: now, before: end) == nil)
        #expect(rate.exhaustion(of: 0, now: now, before: end) == now)
        #expect(rate.exhaustion(of: .max, now: now, before: Timestamp(microseconds: .max)) == nil)
        #expect(BurnRate(spent: 0, span: .seconds(1)).exhaustion(of: 1, now: now, before: end) == nil)
    }
}
