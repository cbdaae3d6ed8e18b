package import Foundation

/// How to treat wall-clock times that a clock change skips or repeats.
package enum DSTPolicy: String, Sendable, CaseIterable {
    /// As Debian's cron: a fixed time that a spring gap skips runs once, right after the gap, and in an autumn overlap
    /// runs once, the first time; a schedule with `*` in minute or hour follows elapsed time.
    case debian
    /// Skipped times are skipped, repeated ones run the first time only.
    case skip
    /// Skipped times are skipped, repeated ones run both times.
    case both
}

extension CronSchedule {
    /// How many years ahead a due time is looked for; rare days (29 February on a Sunday) recur within 40.
    package static let horizonYears: Int64 = 40

    /// The first due time after `instant`, in whole seconds; nil when there is none within `horizonYears`.
    package func next(after instant: Timestamp, in zone: TimeZone, policy: DSTPolicy = .debian) -> Timestamp? {
        let start = instant.seconds
        // Between the years 1900 and 9000, where calendars and zones are meaningful.
        guard start > -2_208_988_800, start < 221_845_392_000 else { return nil }
        let clock = WallClock(zone)
        let limit = CivilDate.fromDays(start.floorDivided(by: 86_400).quotient).year + Self.horizonYears
        let found =
            if policy == .both || (policy == .debian && !hasFixedTimes) {
                nextElapsed(after: start, clock, limit: limit)
            } else {
                nextFixed(after: start, clock, limit: limit, runsAfterGap: policy == .debian)
            }
        return found.map { Timestamp(seconds: $0) }
    }

    /// The first instant whose wall-clock time matches, the repeated hour included.
    private func nextElapsed(after start: Int64, _ clock: WallClock, limit: Int64) -> Int64? {
        let day: Int64 = 86_400
        var instant = start
        var offset = clock.offset(at: start)
        while let wall = nextWall(after: instant + offset, limit: limit) {
            let candidate = wall - offset
            let probe = min(candidate, instant + day)
            if clock.offset(at: probe) != offset {
                // Continue from the change, with the offset after it.
                let change = clock.change(from: offset, after: instant, until: probe)
                instant = change - 1
                offset = clock.offset(at: change)
            } else if candidate <= instant + day {
                return candidate
            } else {
                // Nothing matches before the candidate's wall time, so only changes near to it matter.
                instant = max(instant + day, candidate - 2 * day)
                offset = clock.offset(at: instant)
            }
        }
        return nil
    }

    /// The first instant of a matching wall-clock time; each such time has at most one.
    private func nextFixed(after start: Int64, _ clock: WallClock, limit: Int64, runsAfterGap: Bool) -> Int64? {
        var wall = start + clock.offset(at: start)
        while let next = nextWall(after: wall, limit: limit) {
            wall = next
            switch clock.instant(of: wall) {
            case .once(let instant):
                if instant > start { return instant }
            case .twice(let first, let change, let offsetBefore):
                if first > start { return first }
                // `start` lies in the second pass, so every repeated time is over.
                wall = max(wall, change + offsetBefore - 1)
            case .never(let change, let offsetAfter):
                if runsAfterGap, change > start { return change }
                wall = max(wall, change + offsetAfter - 1)
            }
        }
        return nil
    }

    /// The first matching wall-clock time after `wall`, both in seconds since 1970 as though the zone were UTC; nil when
    /// its year is past `limit`.
    func nextWall(after wall: Int64, limit: Int64) -> Int64? {
        let (startDay, second) = (wall + 1).floorDivided(by: 86_400)
        var (year, month, day) = CivilDate.fromDays(startDay)
        var earliest = Int(second)
        while year <= limit {
            guard months.contains(Int(month)) else {
                day = 1
                earliest = 0
                (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
                continue
            }
            let last = CivilDate.daysIn(month: month, year: year)
            let days = CivilDate.toDays(year: year, month: month, day: day)
            // 1 January 1970 was a Thursday.
            let weekday = (days + 4).floorDivided(by: 7).remainder
            if self.days.contains(day: Int(day), weekday: Int(weekday), lastDay: Int(last)),
                let time = firstTime(from: earliest)
            {
                return days * 86_400 + Int64(time)
            }
            earliest = 0
            if day < last {
                day += 1
            } else {
                day = 1
                (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
            }
        }
        return nil
    }

    /// The first matching second of a day that is not before `earliest`.
    private func firstTime(from earliest: Int) -> Int? {
        guard let firstMinute = minutes.first(from: 0), let firstSecond = seconds.first(from: 0) else { return nil }
        let hour = earliest / 3600
        let minute = earliest / 60 % 60
        let second = earliest % 60
        if hours.contains(hour) {
            if minutes.contains(minute), let found = seconds.first(from: second) {
                return hour * 3600 + minute * 60 + found
            }
            if let found = minutes.first(from: minute + 1) { return hour * 3600 + found * 60 + firstSecond }
        }
        return hours.first(from: hour + 1).map { $0 * 3600 + firstMinute * 60 + firstSecond }
    }
}
