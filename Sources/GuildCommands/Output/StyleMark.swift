/// Stands for a colour until the text is written: text from outside cannot know the word of this process, and so cannot
/// colour, dim or hide anything.
enum StyleMark {
    /// Behind the word comes the code, as a scalar of plane 16.
    private static let codes: UInt32 = 0x10_0000
    private static let highestCode: UInt32 = 107

    private static let word: [Unicode.Scalar] = (0..<4).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0xF_0000...0xF_FFFD))
    }

    static func text(_ code: Int) -> String {
        let mark = Unicode.Scalar(codes + UInt32(clamping: min(code, Int(highestCode))))
        return String(String.UnicodeScalarView(word + [mark].compactMap(\.self)))
    }

    /// The text with each mark replaced by its escape sequence, and everything else passed through `shown`.
    static func replaced(in text: String, shown: (String) -> String) -> String {
        guard let first = word.first, text.unicodeScalars.contains(first) else { return shown(text) }
        var result = ""
        var piece = String.UnicodeScalarView()
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.first {
            if scalar == first, let code = code(at: rest) {
                result += shown(String(piece)) + "\u{1B}[\(code)m"
                piece = String.UnicodeScalarView()
                rest = rest.dropFirst(word.count + 1)
            } else {
                piece.append(scalar)
                rest = rest.dropFirst()
            }
        }
        return result + shown(String(piece))
    }

    private static func code(at text: Substring.UnicodeScalarView) -> UInt32? {
        guard text.starts(with: word), let mark = text.dropFirst(word.count).first else { return nil }
        let (code, isLess) = mark.value.subtractingReportingOverflow(codes)
        return !isLess && code <= highestCode ? code : nil
    }
}
