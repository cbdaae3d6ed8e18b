import Foundation

/// A text of GitHub's Markdown, in each form in which GitHub, or a bot that gets it, may read it.
struct GitHubText {
    /// As written.
    let raw: String
    /// Approximately as shown: without tags, comments and escapes, with entities decoded and zero-width characters
    /// removed.
    let shown: String
    /// The same with a space for each zero-width character, which ends a word although it is invisible.
    let spaced: String

    /// Each once.
    var forms: [String] { spaced == shown ? (shown == raw ? [raw] : [raw, shown]) : [raw, shown, spaced] }

    init(_ raw: String) {
        self.raw = raw
        shown = Self.shown(raw)
        spaced = Self.shown(raw, invisible: " ")
    }

    /// - Parameter invisible: replaces each scalar that has no width.
    static func shown(_ text: String, invisible: Unicode.Scalar? = nil) -> String {
        var result = String.UnicodeScalarView()
        for scalar in withoutEscapes(GitHubEntities.decoded(withoutTags(Array(text.unicodeScalars)))) {
            switch scalar {
            case "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{0B}", "\u{0C}": result.append("\n")
            case "\n", "\t": result.append(scalar)
            case _ where isInvisible(scalar): if let invisible { result.append(invisible) }
            default: result.append(scalar)
            }
        }
        // Full-width and other compatible letters look the same to a person.
        return String(result).precomposedStringWithCompatibilityMapping
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isDefaultIgnorableCodePoint { return true }
        return switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .unassigned: true
        default: false
        }
    }

    /// Tags that begin a new line.
    private static let blocks: Set<String> = [
        "br", "p", "div", "li", "ul", "ol", "tr", "td", "th", "table", "pre", "blockquote", "hr", "details", "summary",
        "h1", "h2", "h3", "h4", "h5", "h6",
    ]

    /// Removes comments and tags; an unclosed one is not a tag.
    private static func withoutTags(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var position = 0
        var lastEnd = text.lastIndex(of: ">") ?? -1
        let opening = Array("<!--".unicodeScalars)
        let closing = Array("-->".unicodeScalars)
        var hasClosing = true
        while position < text.count {
            guard text[position] == "<", position < lastEnd else {
                result.append(text[position])
                position += 1
                continue
            }
            if text[position...].starts(with: opening), hasClosing {
                if let end = text.end(of: closing, from: position + opening.count) {
                    position = end
                    continue
                }
                hasClosing = false
            }
            let name = text[(position + 1)...].drop { $0 == "/" }.prefix { $0.isASCIIAlphanumeric }
            // An address in angle brackets is shown without them (CommonMark 6.5).
            if text[name.endIndex...].first == ":" {
                position += 1
                continue
            }
            guard let first = name.first, first.properties.isAlphabetic,
                let end = text[position...].firstIndex(of: ">")
            else {
                result.append(text[position])
                position += 1
                continue
            }
            if blocks.contains(String(String.UnicodeScalarView(name)).lowercased()) { result.append("\n") }
            position = end + 1
            lastEnd = max(lastEnd, end)
        }
        return result
    }

    /// A backslash before punctuation shows only the punctuation (CommonMark 2.4).
    private static func withoutEscapes(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var position = 0
        while position < text.count {
            let isEscape = text[position] == "\\" && position + 1 < text.count && text[position + 1].isASCIIPunctuation
            result.append(text[isEscape ? position + 1 : position])
            position += isEscape ? 2 : 1
        }
        return result
    }
}

extension Unicode.Scalar {
    var isASCIIAlphanumeric: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }

    fileprivate var isASCIIPunctuation: Bool {
        switch self {
        case "!"..."/", ":"..."@", "["..."`", "{"..."~": true
        default: false
        }
    }
}

extension [Unicode.Scalar] {
    /// The end of `word` at its first occurrence from `start` on.
    fileprivate func end(of word: [Unicode.Scalar], from start: Int) -> Int? {
        guard count - word.count >= start else { return nil }
        return (start...(count - word.count)).first { self[$0...].starts(with: word) }.map { $0 + word.count }
    }
}
