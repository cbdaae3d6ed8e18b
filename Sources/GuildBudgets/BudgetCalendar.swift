package import Foundation
package import GuildDomain

/// The days and months of the organisation's time zone, right across clock changes.
package struct BudgetCalendar: Sendable {
    /// The calendar periods of limits.
    package enum Period: String, Sendable, CaseIterable { case day, month }

    /// The organisation's time zone.
    package let zone: TimeZone
    private let calendar: Calendar

    /// The calendar of a time zone.
    package init(_ zone: TimeZone) {
        self.zone = zone
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        self.calendar = calendar
    }

    /// The period that an instant lies in, its end excluded.
    package func interval(of period: Period, at instant: Timestamp) -> (start: Timestamp, end: Timestamp) {
        let date = Date(timeIntervalSince1970: Double(instant.seconds))
        guard let interval = calendar.dateInterval(of: period == .day ? .day : .month, for: date) else {
            // The Gregorian calendar has both for every date; a day in UTC is the fallback.
            let day = instant.seconds - instant.seconds.floorDivided(by: 86_400).remainder
            return (Timestamp(seconds: day), Timestamp(seconds: day + 86_400))
        }
        return (Timestamp(wholeSeconds: interval.start), Timestamp(wholeSeconds: interval.end))
    }

    /// The days that touch [`since`, `until`), each cut to it, by their local dates.
    ///
    /// - Returns: nil if there are more than `limit`.
    package func days(
        since: Timestamp, until: Timestamp, limit: Int
    ) -> [(name: String, since: Timestamp, until: Timestamp)]? {
        var days: [(name: String, since: Timestamp, until: Timestamp)] = []
        var cursor = since
        while cursor < until {
            guard days.count < limit else { return nil }
            let end = min(interval(of: .day, at: cursor).end, until)
            days.append((name(of: cursor), cursor, end))
            guard end > cursor else { break }
            cursor = end
        }
        return days
    }

    /// The instant's day in the zone, as `2026-11-22`.
    package func name(of instant: Timestamp) -> String {
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.seconds)))
        return String(Timestamp(seconds: instant.seconds + Int64(offset)).rfc3339.prefix(10))
    }
}

extension BudgetCalendar {
    /// Groups whole hours into days. An hour belongs to the day in which it begins: if midnight is not a whole hour of
    /// UTC (Asia/Kolkata), the hour across midnight counts whole towards the day before.
    ///
    /// - Returns: each day that has hours, in order.
    package func days<Hour>(of hours: [Hour], at start: (Hour) -> Timestamp) -> [(name: String, hours: [Hour])] {
        var days: [(name: String, hours: [Hour])] = []
        var end: Timestamp?
        for hour in hours {
            let instant = start(hour)
            if let end, instant < end, !days.isEmpty {
                days[days.count - 1].hours.append(hour)
            } else {
                days.append((name(of: instant), [hour]))
                end = interval(of: .day, at: instant).end
            }
        }
        return days
    }

    /// Whether days of the zone begin within an hour of UTC at this instant.
    package func splitsHours(at instant: Timestamp) -> Bool {
        !zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.seconds))).isMultiple(of: 3600)
    }
}

extension Timestamp {
    fileprivate init(wholeSeconds date: Date) {
        self.init(seconds: Int64(exactly: date.timeIntervalSince1970.rounded()) ?? 0)
    }
}
