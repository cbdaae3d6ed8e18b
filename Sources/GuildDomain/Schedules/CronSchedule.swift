/// A cron expression: the wall-clock times at which something is due.
///
/// Five fields (minute, hour, day of month, month, day of week), six with seconds last, or `@hourly`, `@daily`,
/// `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`. Ranges, steps, lists and names as in crontab(5); `L`,
/// `LW`, `15W`, `MON#2` and `FRIL` as in Quartz. `?` is `*`.
package struct CronSchedule: Sendable, Hashable, CustomStringConvertible {
    /// UTF-8 bytes of an expression.
    package static let maximumLength = 256

    /// Where and why an expression was refused.
    package struct Problem: GuildError, Equatable {
        /// The name of the field, or nil if the expression as a whole is wrong.
        package let field: String?
        /// The part that is wrong.
        package let found: String
        /// What belongs in its place.
        package let expected: String

        package var kind: ErrorKind { .invalidCodex }
        package var message: String {
            "cron expression: \(field.map { "\($0): " } ?? "")found '\(found)', expected \(expected)"
        }
        package var hint: String? {
            "five fields: minute hour day-of-month month day-of-week; a sixth, last, is seconds"
        }
    }

    /// The expression as it was written, without blanks around it.
    package let description: String
    let seconds: BitSet64
    let minutes: BitSet64
    let hours: BitSet64
    let months: BitSet64
    let days: DayRule
    /// False when minute or hour has a `*`: such a schedule follows elapsed time across clock changes.
    package let hasFixedTimes: Bool

    /// Reads five fields, six with seconds last, or a nickname such as `@daily`.
    package init(parsing text: String) throws(Problem) {
        guard text.utf8.count <= Self.maximumLength else {
            throw Problem(
                field: nil, found: String(text.prefix(40)) + "…", expected: "at most \(Self.maximumLength) bytes")
        }
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        description = words.joined(separator: " ")
        let fields = try Self.fields(words)
        minutes = try CronField.minute.plain(fields[0])
        hours = try CronField.hour.plain(fields[1])
        months = try CronField.month.plain(fields[3])
        seconds = fields.count == 6 ? try CronField.second.plain(fields[5]) : BitSet64(0)
        days = try DayRule(dayOfMonth: fields[2], dayOfWeek: fields[4])
        hasFixedTimes = !(fields[0] + fields[1]).contains { $0 == "*" || $0 == "?" }
    }

    private static let nicknames = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    private static func fields(_ words: [String]) throws(Problem) -> [String] {
        guard let first = words.first, first.hasPrefix("@") else {
            guard words.count == 5 || words.count == 6 else {
                throw Problem(
                    field: nil, found: words.joined(separator: " "), expected: "5 or 6 fields, not \(words.count)")
            }
            return words
        }
        guard words.count == 1, let fields = nicknames[first.lowercased()] else {
            throw Problem(
                field: nil, found: words.joined(separator: " "),
                expected: "one of \(nicknames.keys.sorted().joined(separator: ", "))")
        }
        return fields.split(separator: " ").map(String.init)
    }
}

/// A set of the numbers 0 to 63.
struct BitSet64: Sendable, Hashable {
    private var bits: UInt64 = 0

    init() {}

    init(_ member: Int) { insert(member) }

    var isEmpty: Bool { bits == 0 }

    mutating func insert(_ member: Int) { bits |= 1 << UInt64(member & 63) }

    func contains(_ member: Int) -> Bool { bits >> UInt64(member & 63) & 1 == 1 }

    /// The least member that is not less than `lower`.
    func first(from lower: Int) -> Int? {
        guard lower < 64 else { return nil }
        let rest = bits >> UInt64(max(0, lower))
        return rest == 0 ? nil : max(0, lower) + rest.trailingZeroBitCount
    }
}
