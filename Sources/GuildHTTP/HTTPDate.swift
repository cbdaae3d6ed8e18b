import GuildDomain
import Synchronization

/// The value of the field `Date` (RFC 9110, section 5.6.7), written once a second.
final class HTTPDate: Sendable {
    private struct Written {
        var second: Int64 = .min
        var text = ""
    }

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private let written = Mutex(Written())
    private let time = SystemTime()

    var text: String {
        let second = time.now.seconds
        return written.withLock {
            if $0.second != second { $0 = Written(second: second, text: Self.text(seconds: second)) }
            return $0.text
        }
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(seconds: Int64) -> String {
        let (day, second) = seconds.floorDivided(by: 86_400)
        let date = CivilDate.fromDays(day)
        let weekday = days[Int(day.floorDivided(by: 7).remainder)]
        let clock = [second / 3600, second / 60 % 60, second % 60].map(padded).joined(separator: ":")
        return "\(weekday), \(padded(date.day)) \(months[Int(date.month) - 1]) \(date.year) \(clock) GMT"
    }

    private static func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
