import Foundation
import GuildDomain

/// Times as people read them: in the local zone.
enum LocalTime {
    static func text(_ time: Timestamp, zone: TimeZone = .current) -> String {
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.seconds)))
        let local = Timestamp(seconds: time.seconds.addingSaturated(Int64(offset)))
        return String(local.rfc3339.prefix(19)).replacingOccurrences(of: "T", with: " ")
    }

    /// RFC 3339 with the offset that the zone has then: `2026-03-29T02:30:00+01:00`.
    static func rfc3339(_ time: Timestamp, zone: TimeZone) -> String {
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.seconds)))
        let local = Timestamp(seconds: time.seconds.addingSaturated(Int64(offset)))
        let minutes = offset.magnitude / 60
        func padded(_ value: UInt) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return local.rfc3339.prefix(19) + (offset < 0 ? "-" : "+") + padded(minutes / 60) + ":" + padded(minutes % 60)
    }
}
