package import GuildDomain

/// The header by which a server asks for patience (RFC 9110, section 10.2.3).
package enum RetryAfter {
    /// A longer wait is cut to this: it is a mistake or a trick.
    package static let longest = Duration.seconds(365 * 86_400)

    /// The delay from `now`: whole seconds, or the time to an HTTP date in any of its three forms; a date in the past
    /// is no delay.
    ///
    /// - Returns: nil if the value is neither.
    package static func delay(_ value: String, now: Timestamp) -> Duration? {
        let text = value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return Int64(text).map { min(.seconds($0), longest) } ?? longest
        }
        return httpDate(text, now: now).map { min(max($0 - now, .zero), longest) }
    }

    /// RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
    /// `Sun Nov  6 08:49:37 1994`. The day of the week is not checked.
    private static func httpDate(_ text: String, now: Timestamp) -> Timestamp? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }
        guard words.count >= 5 else { return nil }
        if text.contains(",") {
            guard words.count == 6, words[5] == "GMT", let year = year(words[3], now: now) else { return nil }
            return instant(year: year, month: words[2], day: words[1], time: words[4])
        }
        guard words.count == 5, words[4].utf8.count == 4, let year = year(words[4], now: now) else { return nil }
        return instant(year: year, month: words[1], day: words[2], time: words[3])
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func instant(year: Int64, month: Substring, day: Substring, time: Substring) -> Timestamp? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false)
        guard let index = months.firstIndex(of: String(month)), let day = number(day, digits: 1...2), clock.count == 3,
            let hour = number(clock[0], digits: 2...2), let minute = number(clock[1], digits: 2...2),
            let second = number(clock[2], digits: 2...2), hour < 24, minute < 60, second <= 60
        else { return nil }
        let month = Int64(index + 1)
        guard (1...CivilDate.daysIn(month: month, year: year)).contains(day) else { return nil }
        let days = CivilDate.toDays(year: year, month: month, day: day)
        return Timestamp(seconds: days * 86_400 + hour * 3600 + minute * 60 + second)
    }

    /// Two digits mean the latest such year that is at most 50 years ahead.
    private static func year(_ text: Substring, now: Timestamp) -> Int64? {
        if text.utf8.count == 4 { return number(text, digits: 4...4) }
        guard let short = number(text, digits: 2...2) else { return nil }
        let thisYear = CivilDate.fromDays(now.seconds.floorDivided(by: 86_400).quotient).year
        let year = thisYear - thisYear % 100 + short
        if year > thisYear + 50 { return year - 100 }
        return year + 100 <= thisYear + 50 ? year + 100 : year
    }

    private static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}
