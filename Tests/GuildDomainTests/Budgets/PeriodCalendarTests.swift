import Foundation
import GuildDomain
import Testing

@Suite struct PeriodCalendarTests {
    private static let zones = [
        "UTC", "America/New_York", "Europe/Berlin", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca",
        "Asia/Kathmandu", "America/Havana", "Asia/Beirut", "America/St_Johns", "Pacific/Apia", "Pacific/Chatham",
    ]

    /// Every day of two years follows the one before without a gap, and is the one that the date says.
    @Test(arguments: zones)
    func `days follow each other without a gap and bear the date of each of their instants`(zone: String) throws {
        let calendar = PeriodCalendar(zone: zone)
        var gregorian = Calendar(identifier: .gregorian)
        gregorian.timeZone = try #require(Zones.named(zone))
        var cursor = try #require(Timestamp(rfc3339: "2026-01-01T12:00:00Z"))
        let end = try #require(Timestamp(rfc3339: "2028-01-02T00:00:00Z"))
        var last = calendar.day(at: cursor)
        while cursor < end {
            let day = calendar.day(at: cursor)
            #expect(day.contains(cursor))
            #expect(day == last || day.lowerBound == last.upperBound)
            let foundation = try #require(
                gregorian.dateInterval(of: .day, for: Date(timeIntervalSince1970: Double(cursor.seconds))))
            #expect(day.lowerBound.seconds == Int64(foundation.start.timeIntervalSince1970), "\(cursor.rfc3339)")
            #expect(day.upperBound.seconds == Int64(foundation.end.timeIntervalSince1970), "\(cursor.rfc3339)")
            let month = try #require(
                gregorian.dateInterval(of: .month, for: Date(timeIntervalSince1970: Double(cursor.seconds))))
            #expect(calendar.month(at: cursor).lowerBound.seconds == Int64(month.start.timeIntervalSince1970))
            #expect(calendar.month(at: cursor).upperBound.seconds == Int64(month.end.timeIntervalSince1970))
            last = day
            cursor = cursor + .seconds(7 * 3600 + 1)
        }
    }

    private static let changes: [(zone: String, instant: String, hours: Double)] = [
        ("America/New_York", "2026-03-08T12:00:00Z", 23), ("America/New_York", "2026-11-01T12:00:00Z", 25),
        ("Europe/Berlin", "2026-03-29T12:00:00Z", 23), ("Europe/Berlin", "2026-10-25T12:00:00Z", 25),
        ("Australia/Lord_Howe", "2026-04-05T03:00:00Z", 24.5), ("Australia/Lord_Howe", "2026-10-04T03:00:00Z", 23.5),
        ("Asia/Kathmandu", "2026-03-29T12:00:00Z", 24),
    ]

    @Test(arguments: changes)
    func `a day with a clock change is as long as it is`(zone: String, instant: String, hours: Double) throws {
        let day = PeriodCalendar(zone: zone).day(at: try #require(Timestamp(rfc3339: instant)))
        #expect((day.upperBound - day.lowerBound).microseconds == Int64(hours * 3_600_000_000))
    }

    @Test(arguments: [Int64.min, -1, 0, 1, .max])
    func `no instant makes it trap or turn in circles`(microseconds: Int64) {
        for zone in Self.zones {
            let calendar = PeriodCalendar(zone: zone)
            let instant = Timestamp(microseconds: microseconds)
            #expect(calendar.day(at: instant).lowerBound <= calendar.day(at: instant).upperBound)
            #expect(calendar.month(at: instant).lowerBound <= calendar.month(at: instant).upperBound)
        }
    }
}
