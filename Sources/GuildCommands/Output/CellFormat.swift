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

extension JSONValue {
    static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    static func optional(_ time: Timestamp?) -> JSONValue { time.map { .string($0.rfc3339) } ?? .null }
    static func optional(_ number: Int64?) -> JSONValue { number.map { .integer($0) } ?? .null }
}
