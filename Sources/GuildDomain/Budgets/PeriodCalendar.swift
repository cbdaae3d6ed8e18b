package import Foundation

/// The days and months of a time zone as ranges of instants, correct across clock changes: a day begins at the first
/// instant with its date, even if that is at 01:00, and lasts until the next day begins.
package struct PeriodCalendar: Sendable {
    private let clock: WallClock

    /// The calendar of a time zone.
    package init(_ zone: TimeZone) { clock = WallClock(zone) }

    /// The zone of that IANA name; UTC if there is none.
    package init(zone name: String) { self.init(Zones.named(name) ?? .gmt) }

    /// The day that the instant lies in, its end excluded.
    package func day(at instant: Timestamp) -> Range<Timestamp> {
        let days = localDays(at: instant)
        return period(at: instant, from: days) { $0 + 1 }
    }

    /// The month that the instant lies in, its end excluded.
    package func month(at instant: Timestamp) -> Range<Timestamp> {
        let (year, month, _) = CivilDate.fromDays(localDays(at: instant))
        return period(at: instant, from: CivilDate.toDays(year: year, month: month, day: 1)) { first in
            let (year, month, _) = CivilDate.fromDays(first)
            return CivilDate.toDays(year: month == 12 ? year + 1 : year, month: month == 12 ? 1 : month + 1, day: 1)
        }
    }

    /// The last instant of the range that the ledger can hold; later ones count as this one.
    private static let latest: Int64 = 253_402_300_799

    private func localDays(at instant: Timestamp) -> Int64 {
        let seconds = min(max(instant.seconds, 0), Self.latest)
        return (seconds + clock.offset(at: seconds)).floorDivided(by: 86_400).quotient
    }

    /// If clocks go back over midnight a date occurs twice; the day that has begun then continues.
    private func period(
        at instant: Timestamp, from first: Int64, next: (Int64) -> Int64
    ) -> Range<Timestamp> {
        var days = first
        var following = next(first)
        var start = begin(ofDay: days)
        var end = begin(ofDay: following)
        while end <= min(instant, Timestamp(seconds: Self.latest)) {
            days = following
            following = next(following)
            start = end
            end = begin(ofDay: following)
        }
        return start..<max(start, end)
    }

    private func begin(ofDay days: Int64) -> Timestamp {
        switch clock.instant(of: days * 86_400) {
        case .once(let instant), .twice(let instant, _, _): Timestamp(seconds: instant)
        case .never(let change, _): Timestamp(seconds: change)
        }
    }
}
