import Foundation
import GuildDomain
import Testing

@testable import GuildBudgets

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

    private func hours(from text: String, _ count: Int64) throws -> [Timestamp] {
        let start = try at(text)
        return (0..<count).map { start + .seconds($0 * 3600) }
    }

    @Test func `hours are put together to the days of a zone, across clock changes`() throws {
        let london = try calendar("Europe/London")
        let spring = london.days(of: try hours(from: "2026-03-28T00:00:00Z", 72)) { $0 }
        #expect(spring.map(\.name) == ["2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31"])
        #expect(spring.map(\.hours.count) == [24, 23, 24, 1])
        let autumn = london.days(of: try hours(from: "2026-10-23T23:00:00Z", 72)) { $0 }
        #expect(autumn.map(\.name) == ["2026-10-24", "2026-10-25", "2026-10-26"])
        #expect(autumn.map(\.hours.count) == [24, 25, 23])
        #expect(autumn[1].hours.first?.rfc3339 == "2026-10-24T23:00:00Z")
    }

    @Test func `where midnight is not a whole hour of UTC an hour counts to the day in which it begins`() throws {
        let kolkata = try calendar("Asia/Kolkata")
        let days = kolkata.days(of: try hours(from: "2026-11-20T18:00:00Z", 26)) { $0 }
        #expect(days.map(\.name) == ["2026-11-20", "2026-11-21", "2026-11-22"])
        #expect(days.map(\.hours.count) == [1, 24, 1])
        #expect(kolkata.splitsHours(at: try at("2026-11-22T00:00:00Z")))
        #expect(try !calendar("Europe/London").splitsHours(at: try at("2026-07-22T00:00:00Z")))
    }

    @Test func `hours that nothing was used in leave days out`() throws {
        let days = try calendar("UTC").days(of: [
            try at("2026-11-01T05:00:00Z"), try at("2026-11-01T23:00:00Z"), try at("2026-11-09T00:00:00Z"),
        ]) { $0 }
        #expect(days.map(\.name) == ["2026-11-01", "2026-11-09"])
        #expect(try calendar("UTC").days(of: []) { (hour: Timestamp) in hour }.isEmpty)
    }
}
