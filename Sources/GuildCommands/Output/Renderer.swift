import Foundation
import GuildDomain

/// Prints every command's result.
struct Renderer {
    let format: OutputFormat
    let isQuiet: Bool
    let color: ColorChoice
    /// Whether `-o csv` leaves cells that a spreadsheet would calculate as they are.
    var rawCells = false

    var style: Style { Style(choice: color, isTerminal: isatty(STDOUT_FILENO) == 1) }

    func print(_ result: some CommandResult) throws {
        switch format {
        case .table: write(result.text(style, isQuiet: isQuiet))
        case .json: write(try DocumentEncoder.encode(result.document).text(.pretty), as: .json)
        case .yaml: write(try DocumentEncoder.encode(result.document).yamlText(), as: .yaml)
        case .csv: write(result.table(.machine).csv(showsHeadings: !isQuiet, rawCells: rawCells), as: .csv)
        }
    }

    /// One line of `--follow -o json`.
    ///
    /// - Returns: false if the reader has gone away.
    @discardableResult
    func printLine(_ value: JSONValue) -> Bool { write(value.text(.compact), as: .json) }

    /// - Returns: false if the reader has gone away.
    @discardableResult
    func write(_ text: String, as content: Terminal.Content = .text) -> Bool {
        guard !text.isEmpty else { return true }
        // By bytes: "\r\n" is one character, which does not end in "\n".
        return Terminal.write(text.utf8.last == UInt8(ascii: "\n") ? text : text + "\n", to: .output, as: content)
    }
}

/// Whether and how to colour.
struct Style: Sendable {
    let isColored: Bool
    /// Whether colours are marks until the text is written by `Terminal`.
    private let isMarked: Bool

    static let plain = Style(isColored: false)

    init(isColored: Bool) {
        self.isColored = isColored
        isMarked = false
    }

    /// NO_COLOR (no-color.org) and CLICOLOR_FORCE are obeyed; colour otherwise only on a terminal.
    init(choice: ColorChoice, isTerminal: Bool, environment: [String: String] = ProcessInfo.processInfo.environment) {
        isMarked = true
        switch choice {
        case .always: isColored = true
        case .never: isColored = false
        case .auto:
            if environment["NO_COLOR"]?.isEmpty == false {
                isColored = false
            } else {
                let isForced = environment["CLICOLOR_FORCE"].map { !$0.isEmpty && $0 != "0" } ?? false
                isColored = isForced || (isTerminal && environment["TERM"] != "dumb")
            }
        }
    }

    func bold(_ text: String) -> String { wrap(text, 1) }
    func dim(_ text: String) -> String { wrap(text, 2) }
    func red(_ text: String) -> String { wrap(text, 31) }
    func green(_ text: String) -> String { wrap(text, 32) }
    func yellow(_ text: String) -> String { wrap(text, 33) }
    func cyan(_ text: String) -> String { wrap(text, 36) }

    private func wrap(_ text: String, _ code: Int) -> String {
        guard isColored else { return text }
        return isMarked
            ? StyleMark.text(code) + text + StyleMark.text(0) : "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

/// Rows under headings.
struct TextTable: Sendable {
    var headings: [String]
    var rows: [[String]]
    /// The columns whose cells end at one edge, as numbers do.
    var rightAligned: Set<Int>

    init(_ headings: [String], _ rows: [[String]] = [], rightAligned: Set<Int> = []) {
        self.headings = headings
        self.rows = rows
        self.rightAligned = rightAligned
    }

    /// Columns that the widest line takes, headings among them.
    var width: Int {
        let widths = widths(of: [headings] + rows.map { $0.map(Self.printable) })
        return widths.reduce(0, +) + 2 * max(0, widths.count - 1)
    }

    private func widths(of lines: [[String]]) -> [Int] {
        headings.indices.map { column in lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    }

    func text(_ style: Style, showsHeadings: Bool) -> String {
        let lines = (showsHeadings ? [headings] : []) + rows.map { $0.map(Self.printable) }
        let widths = widths(of: lines)
        return lines.enumerated().map { index, cells in
            var line = ""
            for (column, cell) in cells.enumerated() {
                let width = column < widths.count ? widths[column] : 0
                let room = String(repeating: " ", count: max(0, width - cell.count))
                let isLast = column == cells.count - 1
                line += rightAligned.contains(column) ? room + cell : cell + (isLast ? "" : room)
                if !isLast { line += "  " }
            }
            return index == 0 && showsHeadings ? style.bold(line) : line
        }.joined(separator: "\n")
    }

    /// RFC 4180, with a guard before text that a spreadsheet would calculate.
    func csv(showsHeadings: Bool, rawCells: Bool = false) -> String {
        let lines = (showsHeadings ? [headings.map { $0.lowercased() }] : []) + rows
        return lines.map { cells in
            cells.map { CSVCell.text($0, isRaw: rawCells) }.joined(separator: ",")
        }.joined(separator: "\r\n") + "\r\n"
    }

    /// Text from outside on one line, in which it can neither move the reader's cursor nor hide.
    static func printable(_ text: String) -> String { ScreenText.line(text) }
}
