/// A string literal of a Swift source, as the tests of the SQL subset read it.
struct SourceLiteral: Sendable {
    enum Piece: Sendable, Equatable {
        case text(String)
        /// The expression of an interpolation, in one line.
        case code(String)
    }

    /// The name of its file.
    let file: String
    /// Where it begins, from 1.
    let line: Int
    /// Where it begins in the file, which tells two in one line apart.
    let offset: Int
    let pieces: [Piece]
    /// The constant that it is the value of.
    let name: String?
    /// What it begins with, up to its first interpolation, without the space around it.
    let opening: String

    init(file: String, line: Int, offset: Int, pieces: [Piece], name: String?) {
        self.file = file
        self.line = line
        self.offset = offset
        self.pieces = pieces
        self.name = name
        if case .text(let text)? = pieces.first { opening = Self.trimmed(text) } else { opening = "" }
    }

    var place: String { "\(file):\(line)" }
    var id: String { "\(file)@\(offset)" }

    /// All text outside its interpolations.
    var text: String {
        pieces.map { piece in if case .text(let text) = piece { text } else { " " } }.joined()
    }

    /// A text without the space around it.
    static func trimmed(_ text: String) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") }
        let bytes = text.utf8.drop(while: isSpace)
        guard let last = bytes.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(decoding: bytes[...last], as: UTF8.self)
    }

    /// The literals of a file, in order; not those within an interpolation, which belong to the literal around it.
    static func all(in source: String, file: String) -> [SourceLiteral] {
        var scan = LiteralScan(source, file: file)
        return scan.literals()
    }
}

/// Finds string literals: enough of Swift's grammar for sources without raw strings.
private struct LiteralScan {
    private let bytes: [UInt8]
    private let file: String
    private var at = 0
    private var line = 1

    init(_ source: String, file: String) {
        bytes = Array(source.utf8)
        self.file = file
    }

    private func isAt(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[min(at, bytes.count)...].starts(with: $0) }
    }

    private mutating func step(_ count: Int = 1) {
        for _ in 0..<count where at < bytes.count {
            if bytes[at] == UInt8(ascii: "\n") { line += 1 }
            at += 1
        }
    }

    mutating func literals() -> [SourceLiteral] {
        var found: [SourceLiteral] = []
        while at < bytes.count {
            if isAt("//") {
                while at < bytes.count, !isAt("\n") { step() }
            } else if isAt("/*") {
                while at < bytes.count, !isAt("*/") { step() }
            } else if isAt("\"") {
                let (start, offset, name) = (line, at, constantName())
                found.append(
                    SourceLiteral(file: file, line: start, offset: offset, pieces: literal(), name: name))
            } else {
                step()
            }
        }
        return found
    }

    /// The constant whose declaration ends here, before its value.
    private func constantName() -> String? {
        let start = bytes[..<at].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let before = String(decoding: bytes[start..<at], as: UTF8.self)
        return before.firstMatch(of: /\b(?:let|var) (\w+)(?:: String)? = $/).map { String($0.output.1) }
    }

    /// Reads the literal that begins here.
    private mutating func literal() -> [SourceLiteral.Piece] {
        let isLong = isAt("\"\"\"")
        step(isLong ? 3 : 1)
        var pieces: [SourceLiteral.Piece] = []
        var text: [UInt8] = []
        func end() {
            if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
            text = []
        }
        while at < bytes.count {
            if isLong ? isAt("\"\"\"") : isAt("\"") {
                step(isLong ? 3 : 1)
                break
            }
            if isAt("\\(") {
                end()
                step(2)
                pieces.append(.code(expression()))
            } else if isAt("\\") {
                // A line that continues, or an escape: SQL has none but quotes.
                step()
                if !isAt("\n") { text.append(bytes[at]) }
                step()
            } else {
                text.append(bytes[at])
                step()
            }
        }
        end()
        return pieces
    }

    /// Reads an interpolation's expression and its closing parenthesis.
    private mutating func expression() -> String {
        let start = at
        var depth = 1
        while at < bytes.count {
            if isAt("\"") {
                _ = literal()
                continue
            }
            if isAt("(") { depth += 1 }
            if isAt(")") { depth -= 1 }
            if depth == 0 { break }
            step()
        }
        let code = String(decoding: bytes[start..<at], as: UTF8.self)
        step()
        return code.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
