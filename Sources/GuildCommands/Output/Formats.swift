import Foundation
import GuildDomain

/// Money as people read it.
enum Money {
    /// Micro-dollars as dollars, with as many digits as there are, at least two: `$0.0123`.
    static func dollars(_ microdollars: Int64) -> String {
        let magnitude = microdollars.magnitude
        var fraction = String(magnitude % 1_000_000)
        fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
        while fraction.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(microdollars < 0 ? "-" : "")$\(magnitude / 1_000_000).\(fraction)"
    }
}

/// Times as people read them: in the local zone.
enum LocalTime {
    static func text(_ time: Timestamp, zone: TimeZone = .current) -> String {
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.seconds)))
        let local = Timestamp(seconds: time.seconds.addingSaturated(Int64(offset)))
        return String(local.rfc3339.prefix(19)).replacingOccurrences(of: "T", with: " ")
    }
}
