import Foundation
import GuildDomain
import Testing

@testable import GuildCitadel

@Suite struct BudgetCalendarTests {
    private func at(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    private func calendar(_ zone: String) throws -> BudgetCalendar {
        BudgetCalendar(try #require(Zones.named(zone)))
    }

    @Test func `a month begins at local midnight, in summer time too`() throws {
        let month = try calendar("Europe/London").interval(of: .month, at: try at("2026-07-15T10:00:00Z"))
        #expect(month.start == (try at("2026-06-30T23:00:00Z")))
        #expect(month.end == (try at("2026-07-31T23:00:00Z")))
    }

    @Test func `the day of a clock change has 23 or 25 hours`() throws {
        let london = try calendar("Europe/London")
        let spring = london.interval(of: .day, at: try at("2026-03-29T12:00:00Z"))
        let autumn = london.interval(of: .day, at: try at("2026-10-25T12:00:00Z"))
        #expect(spring.end - spring.start == .seconds(23 * 3600))
        #expect(autumn.end - autumn.start == .seconds(25 * 3600))
    }

    @Test func `days are cut to the period and named by their local date`() throws {
        let days = try calendar("Asia/Tokyo").days(
            since: try at("2026-11-20T10:00:00Z"), until: try at("2026-11-21T16:00:00Z"), limit: 10)
        #expect(days?.map(\.name) == ["2026-11-20", "2026-11-21", "2026-11-22"])
        #expect(days?.first?.since == (try at("2026-11-20T10:00:00Z")))
        #expect(days?.first?.until == (try at("2026-11-20T15:00:00Z")))
        #expect(days?.last?.until == (try at("2026-11-21T16:00:00Z")))
    }

    @Test func `too many days are refused`() throws {
        let days = try calendar("UTC").days(
            since: Timestamp(seconds: 0), until: Timestamp(seconds: 86_400 * 11), limit: 10)
        #expect(days == nil)
    }

    @Test func `exhaustion is the first limit reached before its period ends`() throws {
        let now = try at("2026-11-22T12:00:00Z")
        func standing(_ period: BudgetCalendar.Period, _ limit: Int64, ends: String) throws -> BudgetReport.Standing {
            BudgetReport.Standing(period: period, limit: limit, used: 500, reserved: 0, endsAt: try at(ends))
        }
        let day = try standing(.day, 1000, ends: "2026-11-23T00:00:00Z")
        let month = try standing(.month, 1500, ends: "2026-12-01T00:00:00Z")
        func reached(_ rate: Int64) -> String? {
            BudgetReport.exhaustion(of: [day, month], burnRateDaily: rate, now: now)?.rfc3339
        }
        #expect(reached(0) == nil)
        #expect(reached(100) == nil)
        #expect(reached(500) == "2026-11-24T12:00:00Z")
        #expect(reached(2000) == "2026-11-22T18:00:00Z")
        let empty = BudgetReport.Standing(period: .day, limit: 500, used: 900, reserved: 0, endsAt: day.endsAt)
        #expect(empty.remaining == 0)
        #expect(BudgetReport.exhaustion(of: [empty], burnRateDaily: 0, now: now) == now)
    }

    @Test func `a burn rate of any size does not trap`() {
        #expect(BudgetReport.burnRate(tokens: 100, over: .seconds(43_200)) == 200)
        #expect(BudgetReport.burnRate(tokens: .max, over: .seconds(1)) == .max)
        #expect(BudgetReport.burnRate(tokens: 1, over: .zero) > 0)
    }
}
