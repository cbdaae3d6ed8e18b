/// The days of its months on which a schedule is due.
///
/// Day of month and day of week are joined by "or" when both are restricted, as in crontab(5); when either field begins
/// with `*` (or `?`) both must hold.
struct DayRule: Sendable, Hashable {
    private var monthDays = BitSet64()
    /// `L`, `LW`.
    private var lastDay = false
    private var lastWorkday = false
    /// `15W`: the working day nearest to the 15th, within the month.
    private var nearestWorkdays = BitSet64()
    /// Sunday is 0.
    private var weekdays = BitSet64()
    /// `MON#2`: week × 8 + day of week.
    private var weekdaysOfWeeks = BitSet64()
    /// `FRIL`.
    private var lastWeekdays = BitSet64()
    private let needsBoth: Bool

    init(dayOfMonth: String, dayOfWeek: String) throws(CronSchedule.Problem) {
        needsBoth = [dayOfMonth, dayOfWeek].contains { $0.hasPrefix("*") || $0.hasPrefix("?") }
        for item in CronField.dayOfMonth.items(dayOfMonth) { try insertDayOfMonth(item) }
        for item in CronField.dayOfWeek.items(dayOfWeek) { try insertDayOfWeek(item) }
        // Sunday may be written 0 or 7.
        if weekdays.contains(7) { weekdays.insert(0) }
    }

    private mutating func insertDayOfMonth(_ item: Substring) throws(CronSchedule.Problem) {
        let field = CronField.dayOfMonth
        switch item.uppercased() {
        case "L": lastDay = true
        case "LW", "WL": lastWorkday = true
        case let text where text.hasSuffix("W"):
            guard let day = CronField.digits(text.dropLast()), field.range.contains(day) else {
                throw field.problem(item, "a day 1-31 before W, as in 15W")
            }
            nearestWorkdays.insert(day)
        case let text where text.hasPrefix("L"):
            throw field.problem(item, "L (the last day) or LW (the last working day)")
        default: try field.insert(item, into: &monthDays)
        }
    }

    private mutating func insertDayOfWeek(_ item: Substring) throws(CronSchedule.Problem) {
        let field = CronField.dayOfWeek
        if let mark = item.firstIndex(of: "#") {
            let day = try field.number(item[..<mark], item: item) % 7
            guard let week = CronField.digits(item[item.index(after: mark)...]), (1...5).contains(week) else {
                throw field.problem(item, "a week 1-5 after #, as in MON#2")
            }
            weekdaysOfWeeks.insert(week * 8 + day)
        } else if item.uppercased() == "L" {
            throw field.problem(item, "a day before L, as in 5L or FRIL (the last Friday)")
        } else if item.uppercased().hasSuffix("L") {
            lastWeekdays.insert(try field.number(item.dropLast(), item: item) % 7)
        } else {
            try field.insert(item, into: &weekdays)
        }
    }

    /// - Parameter lastDay: the number of days in the month.
    func contains(day: Int, weekday: Int, lastDay last: Int) -> Bool {
        let inMonth = matchesDayOfMonth(day, weekday: weekday, last: last)
        let inWeek =
            weekdays.contains(weekday) || weekdaysOfWeeks.contains((day - 1) / 7 * 8 + 8 + weekday)
            || (day + 7 > last && lastWeekdays.contains(weekday))
        return needsBoth ? inMonth && inWeek : inMonth || inWeek
    }

    private func matchesDayOfMonth(_ day: Int, weekday: Int, last: Int) -> Bool {
        if monthDays.contains(day) || (lastDay && day == last) { return true }
        guard (1...5).contains(weekday) else { return false }
        // The last working day is a Friday up to two days before the end, or the last day itself.
        if lastWorkday, day == last || (weekday == 5 && day + 2 >= last) { return true }
        // A Saturday's nearest is the day before, or on the 1st two days after; a Sunday's the day after, or on the last
        // day two days before.
        if nearestWorkdays.contains(day) { return true }
        if weekday == 5, day < last, nearestWorkdays.contains(day + 1) { return true }
        if weekday == 5, day + 2 == last, nearestWorkdays.contains(last) { return true }
        if weekday == 1, day > 1, nearestWorkdays.contains(day - 1) { return true }
        return weekday == 1 && day == 3 && nearestWorkdays.contains(1)
    }
}
