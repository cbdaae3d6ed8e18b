/// The constants of sources whose values are string literals or numbers.
struct SourceConstants: Sendable {
    struct Constant: Sendable {
        let file: String
        let value: [SourceLiteral.Piece]
        /// Nil for a number.
        let literal: SourceLiteral?
    }

    private var byName: [String: [Constant]] = [:]
    /// The types that each file declares or extends.
    private var types: [String: Set<String>] = [:]

    init(sources: [(name: String, text: String)], literals: [SourceLiteral]) {
        for literal in literals {
            guard let name = literal.name else { continue }
            byName[name, default: []].append(Constant(file: literal.file, value: literal.pieces, literal: literal))
        }
        for (file, text) in sources {
            for line in text.split(separator: "\n") { read(line, of: file) }
        }
    }

    private mutating func read(_ line: Substring, of file: String) {
        // Cheap questions first: most lines are neither.
        if line.utf8.last.map(Self.isDigit) ?? false,
            let match = line.firstMatch(of: /\b(?:let|var) (\w+)(?:: \w+)? = (\d[\d_ <*+-]*)$/)
        {
            let value = match.output.2.filter { $0 != "_" }
            byName[String(match.output.1), default: []].append(
                Constant(file: file, value: [.text(String(value))], literal: nil))
        }
        if line.utf8.last == UInt8(ascii: "{"),
            let match = line.firstMatch(of: /\b(?:struct|enum|class|extension) (?:\w+\.)*(\w+)/)
        {
            types[file, default: []].insert(String(match.output.1))
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// A constant by its name: one of the same file, or with a type's name before it of a file that has this type.
    func named(_ code: String, in file: String) -> Constant? {
        guard code.wholeMatch(of: /[\w.]+/) != nil else { return nil }
        let steps = code.split(separator: ".").map(String.init)
        let named = byName[steps.last ?? ""] ?? []
        if steps.count == 1 || steps.first == "Self" { return named.first { $0.file == file } }
        return named.first { types[$0.file]?.contains(steps[steps.count - 2]) ?? false }
    }
}
