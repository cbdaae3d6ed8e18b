import Foundation
import GuildDomain

/// How cells are written: local times and grouped digits for people, RFC 3339 in UTC and plain digits for programs.
enum CellFormat: Sendable {
    case people(TimeZone)
    case machine

    /// In the zone of whoever looks.
    static var local: CellFormat { .people(.current) }

    private var absent: String { if case .people = self { "-" } else { "" } }

    func text(_ value: String?) -> String {
        guard let value, !value.isEmpty else { return absent }
        return value
    }

    func time(_ time: Timestamp?) -> String {
        guard let time else { return absent }
        return switch self {
        case .people(let zone): LocalTime.text(time, zone: zone)
        case .machine: time.rfc3339
        }
    }

    func count(_ value: Int64?) -> String {
        guard let value else { return absent }
        return if case .people = self { Amount.grouped(value) } else { String(value) }
    }

    /// Dollars; for programs without the sign.
    func money(_ microdollars: Int64?) -> String {
        guard let microdollars else { return absent }
        let text = Money.dollars(microdollars)
        return if case .people = self { text } else { text.replacingOccurrences(of: "$", with: "") }
    }
}

/// A result that is rows.
protocol TabularResult: CommandResult {
    func table(_ cells: CellFormat) -> TextTable
    /// What a person reads where there are no rows.
    var emptyText: String { get }
}

extension TabularResult {
    var table: TextTable { table(.machine) }

    func text(_ style: Style, isQuiet: Bool) -> String {
        let table = table(.local)
        if table.rows.isEmpty { return isQuiet ? "" : emptyText }
        return table.text(style, showsHeadings: !isQuiet)
    }
}

/// Numbers as people read them.
enum Amount {
    /// `1,234,567`
    static func grouped(_ value: Int64) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// `12.4 MiB`
    static func bytes(_ value: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (size, unit) = (Double(max(0, value)), 0)
        while size >= 1024, unit < units.count - 1 {
            size /= 1024
            unit += 1
        }
        return unit == 0 ? "\(max(0, value)) B" : "\((size * 10).rounded() / 10) \(units[unit])"
    }

    /// `1h30m`, `250ms`
    static func duration(_ value: Duration) -> String {
        let microseconds = max(0, value.microseconds)
        guard microseconds >= 1_000_000 else { return "\(microseconds / 1000)ms" }
        var rest = microseconds / 1_000_000
        var text = ""
        for (unit, seconds) in [("d", Int64(86_400)), ("h", 3600), ("m", 60), ("s", 1)] where rest >= seconds {
            text += "\(rest / seconds)\(unit)"
            rest %= seconds
        }
        return text
    }
}

extension LocalTime {
    /// RFC 3339 with the offset that the zone has then: `2026-03-29T02:30:00+01:00`.
    static func rfc3339(_ time: Timestamp, zone: TimeZone) -> String {
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.seconds)))
        let local = Timestamp(seconds: time.seconds.addingSaturated(Int64(offset)))
        let minutes = offset.magnitude / 60
        func padded(_ value: UInt) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return local.rfc3339.prefix(19) + (offset < 0 ? "-" : "+") + padded(minutes / 60) + ":" + padded(minutes % 60)
    }
}

extension JSONValue {
    static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    static func optional(_ time: Timestamp?) -> JSONValue { time.map { .string($0.rfc3339) } ?? .null }
    static func optional(_ number: Int64?) -> JSONValue { number.map { .integer($0) } ?? .null }

    static func tokens(_ usage: TokenUsage) -> JSONValue {
        [
            "input": .integer(usage.input), "cache_read": .integer(usage.cacheRead),
            "cache_write": .integer(usage.cacheWrite), "output": .integer(usage.output),
            "reasoning": .integer(usage.reasoning), "total": .integer(usage.total),
        ]
    }
}
