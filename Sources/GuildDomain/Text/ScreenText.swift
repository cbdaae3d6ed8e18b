/// Makes untrusted text safe to look at: characters that a terminal would obey, or that an eye would not see, are
/// written out, `\u{1b}` for an escape.
///
/// Each scalar is judged by itself, so a sequence that arrives in pieces is caught as well.
package enum ScreenText {
    /// One line: line ends and tabs are written out too.
    package static func line(_ text: String) -> String { written(text) { _ in false } }

    /// Lines stay lines, and tabs tabs; CRLF is a line end.
    ///
    /// - Parameter previous: the scalar before the text, if it is the next piece of a stream.
    package static func block(_ text: String, after previous: Unicode.Scalar? = nil) -> String {
        written(text, after: previous) { $0 == "\n" || $0 == "\t" }
    }

    /// A cell of a table that programs read: as `block`, but a CRLF stays unchanged.
    package static func cell(_ text: String) -> String {
        written(text, keepsCarriageReturn: true) { $0 == "\n" || $0 == "\t" }
    }

    /// A JSON document with invisible characters as `\uXXXX`: the same document to every reader.
    package static func json(_ document: String) -> String {
        escaped(document) { scalar, text in
            for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                text += "\\u" + padded(UInt32(unit), digits: 4)
            }
        }
    }

    /// A YAML document whose texts of this kind are in double quotes: the same document to every reader.
    package static func yaml(_ document: String) -> String {
        escaped(document) { scalar, text in
            text +=
                scalar.value > 0xFFFF
                ? "\\U" + padded(scalar.value, digits: 8) : "\\u" + padded(scalar.value, digits: 4)
        }
    }

    /// The first scalars of a text, for storing rather than showing it.
    package static func prefix(_ text: String, scalars limit: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
    }

    /// The beginning of a text, at most `limit` scalars, with `…` for the rest. Characters would not bound it: a single
    /// one may consist of a million scalars.
    package static func shortened(_ text: String, to limit: Int) -> String {
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
            end != scalars.endIndex
        else { return text }
        return String(scalars[..<end]) + "…"
    }

    /// Whether a scalar must not be shown as it is.
    ///
    /// - Parameter previous: the scalar before it: after an emoji, a variation selector is part of the emoji.
    package static func isUnfit(_ scalar: Unicode.Scalar, after previous: Unicode.Scalar? = nil) -> Bool {
        switch scalar.value {
        case 0x20..<0x7F: return false
        case 0..<0xA0: return true
        case 0xFE0E, 0xFE0F: return !(previous.map { $0.value > 0x7F && $0.properties.isEmoji } ?? false)
        // Arabic and Syriac signs before numbers: of the category of formats, and seen.
        case 0x600...0x605, 0x6DD, 0x70F, 0x890...0x891, 0x8E2, 0x110BD, 0x110CD: return false
        // Letters and signs without ink: braille's blank, two Egyptian ones, the filler of Khitan, a note without a head.
        case 0x2800, 0x13441, 0x13442, 0x16FE4, 0x1D159: return true
        default: break
        }
        let properties = scalar.properties
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: true
        default: properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint
        }
    }

    /// Text of nothing but printable ASCII is most text.
    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { 0x20..<0x7F ~= $0 } }

    private static func written(
        _ text: String, after previous: Unicode.Scalar? = nil, keepsCarriageReturn: Bool = false,
        keeping isKept: (Unicode.Scalar) -> Bool
    ) -> String {
        guard !isPlain(text) else { return text }
        var result = String.UnicodeScalarView()
        var previous = previous
        var scalars = Substring(text).unicodeScalars
        while let scalar = scalars.popFirst() {
            defer { previous = scalar }
            if scalar == "\r", scalars.first == "\n", isKept("\n") {
                if keepsCarriageReturn { result.append(scalar) }
            } else if isKept(scalar) || !isUnfit(scalar, after: previous) {
                result.append(scalar)
            } else {
                result.append(contentsOf: name(of: scalar).unicodeScalars)
            }
        }
        return String(result)
    }

    private static func name(of scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{\(String(scalar.value, radix: 16))}"
        }
    }

    /// Line ends stay: between its texts they are the document's own, and within them they are escaped already.
    private static func escaped(_ document: String, _ write: (Unicode.Scalar, inout String) -> Void) -> String {
        guard !document.utf8.allSatisfy({ 0x20..<0x7F ~= $0 || $0 == 0x0A }) else { return document }
        var result = ""
        var previous: Unicode.Scalar?
        for scalar in document.unicodeScalars {
            if scalar != "\n", isUnfit(scalar, after: previous) {
                write(scalar, &result)
            } else {
                result.unicodeScalars.append(scalar)
            }
            previous = scalar
        }
        return result
    }

    private static func padded(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
