import Foundation
import GuildDomain

/// Times as people read them: in a zone, and always with its offset, so that no time needs a guess.
enum LocalTime {
    /// `2026-03-29 02:30:00 +01:00`, in the zone of whoever looks unless the caller names another.
    static func text(_ time: Timestamp, zone: TimeZone = .current) -> String {
        let (clock, offset) = parts(time, zone)
        return clock.replacingOccurrences(of: "T", with: " ") + " " + offset
    }

    /// RFC 3339 with the offset that the zone has then: `2026-03-29T02:30:00+01:00`.
    static func rfc3339(_ time: Timestamp, zone: TimeZone) -> String {
        let (clock, offset) = parts(time, zone)
        return clock + offset
    }

    /// The wall clock of the zone to the second, and the zone's offset at that moment.
    private static func parts(_ time: Timestamp, _ zone: TimeZone) -> (clock: String, offset: String) {
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.seconds)))
        let local = Timestamp(seconds: time.seconds.addingSaturated(Int64(offset)))
        let minutes = offset.magnitude / 60
        func padded(_ value: UInt) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let sign = offset < 0 ? "-" : "+"
        return (String(local.rfc3339.prefix(19)), "\(sign)\(padded(minutes / 60)):\(padded(minutes % 60))")
    }
}
