import Foundation
import GuildDomain

/// Instants as people write them on the command line.
enum PointInTime {
    /// Reads `7d` (that long before `now`), RFC 3339, or a local `2026-11-22`, `2026-11-22T08:30` or `…T08:30:15` in
    /// `zone`.
    ///
    /// - Returns: nil for anything else.
    static func parse(_ text: String, now: Timestamp, zone: TimeZone) -> Timestamp? {
        if let instant = Timestamp(rfc3339: text) { return instant }
        if let duration = Durations.parse(text) { return now - duration }
        return local(text, zone: zone)
    }

    /// The same, or the reason why not.
    ///
    /// - Parameter option: its name in the message.
    static func required(
        _ text: String, option: String, now: Timestamp, zone: TimeZone
    ) throws(Failure) -> Timestamp {
        guard let instant = parse(text, now: now, zone: zone) else {
            throw Failure(
                .usage, "\(option) '\(text)' is not a time",
                hint: "write 7d, 90m, 2026-11-22, 2026-11-22T08:30 or RFC 3339 (2026-11-22T08:30:00Z)")
        }
        return instant
    }

    /// The same of something to come: `2h` is so long after `now`.
    static func ahead(
        _ text: String, option: String, now: Timestamp, zone: TimeZone
    ) throws(Failure) -> Timestamp {
        let instant: Timestamp
        if let duration = Durations.parse(text) {
            instant = now + duration
        } else {
            instant = try required(text, option: option, now: now, zone: zone)
        }
        guard instant > now else {
            throw Failure(.usage, "\(option) '\(text)' is in the past", hint: "name a time in the future")
        }
        return instant
    }

    private static func local(_ text: String, zone: TimeZone) -> Timestamp? {
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let clock = parts.count == 2 ? String(parts[1]) : "00:00"
        let filled = clock.utf8.count == 5 ? clock + ":00" : clock
        // Read as though it were UTC: that checks the digits and the date.
        guard let wall = Timestamp(rfc3339: "\(parts[0])T\(filled)Z"), wall.microseconds % 1_000_000 == 0 else {
            return nil
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let date = Date(timeIntervalSince1970: Double(wall.seconds))
        let fields = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        calendar.timeZone = zone
        return calendar.date(from: fields).flatMap { Int64(exactly: $0.timeIntervalSince1970.rounded()) }
            .map { Timestamp(seconds: $0) }
    }
}
