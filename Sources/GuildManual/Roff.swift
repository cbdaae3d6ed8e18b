/// Text in man(7)'s macros (groff_man(7)).
enum Roff {
    /// Plain text: anything that roff would read as a command is escaped, and non-ASCII characters are named by their
    /// numbers.
    static func text(_ plain: String) -> String {
        var escaped = ""
        for scalar in plain.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                escaped += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
            }
        }
        return escaped.split(separator: "\n", omittingEmptySubsequences: false).map(line).joined(separator: "\n")
    }

    static func bold(_ plain: String) -> String { "\\fB\(text(plain))\\fR" }
    static func italic(_ plain: String) -> String { "\\fI\(text(plain))\\fR" }

    /// A tagged paragraph; both parts are roff already.
    static func item(_ tag: String, _ body: String) -> String { ".TP\n\(tag)\n\(body)" }

    /// Escapes a control character at the beginning of a line, so that roff reads text.
    private static func line(_ line: Substring) -> String {
        line.hasPrefix(".") ? "\\&" + line : String(line)
    }
}
