import Foundation

/// Bars of text: in steps of an eighth of a cell if the locale is UTF-8, otherwise in whole cells of ASCII.
struct Bar: Sendable {
    /// The most cells of a bar: a longer one adds no information.
    static let maximumWidth = 40
    /// A shorter bar shows nothing.
    static let minimumWidth = 4

    let isUnicode: Bool
    let width: Int

    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    init(isUnicode: Bool, width: Int) {
        self.isUnicode = isUnicode
        self.width = max(0, min(width, Self.maximumWidth))
    }

    /// The share of `value` in `whole`. Anything above zero shows at least one step; more than the whole ends in an
    /// arrow, and so does anything above a whole of zero.
    func text(_ value: Int64, of whole: Int64) -> String {
        guard width > 0 else { return "" }
        let value = max(0, value)
        guard value > 0 else { return String(repeating: empty, count: width) }
        guard whole > 0, value <= whole else {
            return String(repeating: full, count: width - 1) + (isUnicode ? "▶" : ">")
        }
        let steps = isUnicode ? 8 : 1
        let share = Double(value) / Double(whole)
        let filled = max(1, min(width * steps, Int((share * Double(width * steps)).rounded())))
        let cells = filled / steps
        let rest = filled % steps
        let partial = rest == 0 ? "" : Self.eighths[rest]
        let blank = width - cells - (rest == 0 ? 0 : 1)
        return String(repeating: full, count: cells) + partial + String(repeating: empty, count: blank)
    }

    private var full: String { isUnicode ? "█" : "#" }
    private var empty: String { isUnicode ? "░" : "-" }
}

/// The kind of standard output: bars are for people.
struct Screen: Sendable {
    let isTerminal: Bool
    let isUnicode: Bool
    let columns: Int

    /// The assumed width if none is reported.
    static let defaultColumns = 80

    static let none = Screen(isTerminal: false, isUnicode: false, columns: defaultColumns)

    static func current(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Screen {
        Screen(
            isTerminal: isatty(STDOUT_FILENO) == 1, isUnicode: isUnicode(environment),
            columns: columns(environment))
    }

    /// The rest of a line beside `text` columns and a gap, as a bar; nil without a terminal or room.
    func bar(beside text: Int) -> Bar? {
        let room = columns - text - 2
        guard isTerminal, room >= Bar.minimumWidth else { return nil }
        return Bar(isUnicode: isUnicode, width: room)
    }

    /// By the first of LC_ALL, LC_CTYPE and LANG that says anything (POSIX, 8.2); none is the C locale.
    static func isUnicode(_ environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        let name = (locale ?? "").lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }

    private static func columns(_ environment: [String: String]) -> Int {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return environment["COLUMNS"].flatMap { Int($0) }.map { min(max($0, 1), 10_000) } ?? defaultColumns
    }
}
