import GuildDomain

/// A cell of `-o csv`: RFC 4180, by scalars. In Swift a quote and a following combining accent are one character, which
/// is not a quote; but to every reader of CSV the quote ends the cell.
enum CSVCell {
    /// - Parameter isRaw: leaves out the guard against formulas.
    static func text(_ text: String, isRaw: Bool) -> String {
        let shown = ScreenText.cell(text)
        return quoted(!isRaw && isFormula(text) ? "'" + shown : shown)
    }

    /// Characters that spreadsheets treat as the beginning of a formula, including full-width and small forms.
    private static let openings: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}", "\u{FE66}", "\u{FE62}", "\u{FE63}",
        "\u{FE6B}", "\u{2212}",
    ]

    /// Some readers skip white space and invisible characters at the beginning.
    private static func isFormula(_ text: String) -> Bool {
        let first = text.unicodeScalars.first { !$0.properties.isWhitespace && !ScreenText.isUnfit($0) }
        return first.map(openings.contains) ?? false && !isNumber(text)
    }

    /// `-5`, `+0.25`, `-1e3`, `-5%`: formulas whose value is themselves.
    private static func isNumber(_ text: String) -> Bool {
        var bytes = Substring(text).utf8
        func digits() -> Int {
            let run = bytes.prefix { (0x30...0x39).contains($0) }.count
            bytes = bytes.dropFirst(run)
            return run
        }
        func skip(_ wanted: String) -> Bool {
            guard let first = bytes.first, wanted.utf8.contains(first) else { return false }
            bytes = bytes.dropFirst()
            return true
        }
        _ = skip("+-")
        let whole = digits()
        let fraction = skip(".") ? digits() : 0
        guard whole + fraction > 0 else { return false }
        if skip("eE") {
            _ = skip("+-")
            guard digits() > 0 else { return false }
        }
        _ = skip("%")
        return bytes.isEmpty
    }

    private static func quoted(_ text: String) -> String {
        let special = Set(",;\t\"\r\n".utf8)
        guard text.utf8.contains(where: special.contains) else { return text }
        var cell = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in text.unicodeScalars {
            if scalar == "\"" { cell.append(scalar) }
            cell.append(scalar)
        }
        cell.append("\"")
        return String(cell)
    }
}
