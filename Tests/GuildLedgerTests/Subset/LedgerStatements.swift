/// A whole statement that the ledger may run.
struct LedgerStatement: Sendable, Hashable {
    /// The literal that it comes from, `FILE:LINE`.
    let place: String
    let sql: String
}

/// The statements in the string literals of the ledger's sources, with every interpolation replaced by each value that it
/// can have.
///
/// A constant's value is looked up in the sources, and both sides of a `? :` are taken. What else is interpolated must
/// stand in `SQLInterpolations`. Each literal that looks like SQL must be a statement or become part of one.
struct LedgerStatements: Sendable {
    private(set) var statements: [LedgerStatement] = []
    /// PRAGMA and the like: the engine's own, in no subset.
    private(set) var engineStatements: [LedgerStatement] = []
    /// What this reader does not understand, with its place and what to do.
    private(set) var problems: Set<String> = []

    private let literals: [SourceLiteral]
    private let constants: SourceConstants
    private let known: SQLInterpolations
    /// The literals that became part of a statement.
    private var used: Set<String> = []

    /// More than this is a table that multiplies by mistake.
    private static let alternativeLimit = 200

    /// - Parameter sources: the text of each file, by its name.
    init(sources: [(name: String, text: String)], known: SQLInterpolations) {
        literals = sources.flatMap { SourceLiteral.all(in: $0.text, file: $0.name) }
        self.known = known
        constants = SourceConstants(sources: sources, literals: literals)
        read()
    }

    private static func isStatement(_ text: String) -> Bool {
        text.prefixMatch(of: /(SELECT|INSERT|UPDATE|DELETE|WITH)\s+\S/) != nil
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    private static func isEngines(_ text: String) -> Bool {
        let head =
            /(PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|CREATE|DROP|ALTER|VACUUM|EXPLAIN|REPLACE|ATTACH) [A-Za-z]/
        return text.prefixMatch(of: head) != nil
    }

    /// Whether it has what only SQL has: a place for a value behind an operator, or a clause.
    private static func looksLikeSQL(_ text: String) -> Bool {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: " ") }) else { return false }
        return text.contains(/(=|<|>|\bIN \(|\bLIKE|\bBETWEEN|\bLIMIT) *\?/)
            || text.contains(/\b(SELECT|WHERE|FROM|ORDER BY|GROUP BY|VALUES|JOIN)\s+\S/)
    }

    private mutating func read() {
        for literal in literals {
            let text = literal.opening
            guard text.isEmpty || text.utf8.first.map(Self.isCapital) ?? false else { continue }
            // What begins with an interpolation after the first word is one, too: "DELETE \(condition)".
            let isStatement = Self.isStatement(literal.pieces.count > 1 ? text + " …" : text)
            let isEngines = Self.isEngines(text)
            guard isEngines || isStatement || beginsWithStatement(literal) else { continue }
            if let whole = known.wholes["\(literal.file): \(text)"] {
                statements += whole.map { LedgerStatement(place: literal.place, sql: $0) }
                used.insert(literal.id)
                markParts(of: whole, in: literal.file)
                continue
            }
            let alternatives = expand(literal.pieces, of: literal, [Expansion()]).map { expansion in
                LedgerStatement(place: literal.place, sql: SourceLiteral.trimmed(expansion.text))
            }
            if alternatives.count > Self.alternativeLimit {
                problems.insert("\(literal.place): \(alternatives.count) alternatives are too many")
            }
            if isEngines {
                engineStatements += alternatives
            } else {
                statements += alternatives
                used.insert(literal.id)
            }
        }
        for literal in literals where Self.looksLikeSQL(literal.text) && !used.contains(literal.id) {
            guard !Self.isEngines(literal.opening) else { continue }
            problems.insert(
                "\(literal.place): '\(literal.opening.prefix(60))' is in no statement: interpolate it where it is used, never +, and name"
                    + " it in SQLInterpolations")
        }
    }

    /// Whether it begins with an interpolation that is a statement, or the beginning of one.
    private func beginsWithStatement(_ literal: SourceLiteral) -> Bool {
        guard case .code(let code)? = literal.pieces.first else { return false }
        if case .values(let values)? = known.meanings["\(literal.file): \(code)"] ?? known.meanings[code] {
            return values.contains(where: Self.isStatement)
        }
        guard case .text(let text)? = constants.named(code, in: literal.file)?.value.first else { return false }
        return Self.isStatement(SourceLiteral.trimmed(text))
    }

    /// Of a statement that is made elsewhere, the literals of its file that it contains.
    private mutating func markParts(of wholes: [String], in file: String) {
        let texts = wholes.map(Self.inOneLine)
        for literal in literals where literal.file == file {
            let part = Self.inOneLine(literal.text)
            if !part.isEmpty, texts.contains(where: { $0.contains(part) }) { used.insert(literal.id) }
        }
    }

    static func inOneLine(_ sql: String) -> String {
        sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    // MARK: Interpolations

    /// A statement as far as it is expanded, and the value that each expression has in it, which is the same
    /// everywhere.
    private struct Expansion {
        var text = ""
        var values: [String: String] = [:]
    }

    private mutating func expand(
        _ pieces: [SourceLiteral.Piece], of literal: SourceLiteral, _ begun: [Expansion]
    ) -> [Expansion] {
        var expansions = begun
        for piece in pieces {
            switch piece {
            case .text(let text): for index in expansions.indices { expansions[index].text += text }
            case .code(let code): expansions = expand(code, of: literal, expansions)
            }
        }
        return expansions
    }

    private mutating func expand(
        _ code: String, of literal: SourceLiteral, _ begun: [Expansion]
    ) -> [Expansion] {
        let key = "\(literal.file): \(code)"
        var expansions: [Expansion] = []
        for expansion in begun {
            if let value = expansion.values[key] {
                expansions.append(Expansion(text: expansion.text + value, values: expansion.values))
                continue
            }
            for inner in alternatives(code, of: literal, Expansion(values: expansion.values)) {
                var next = Expansion(text: expansion.text + inner.text, values: inner.values)
                next.values[key] = inner.text
                expansions.append(next)
            }
        }
        return expansions
    }

    /// The values that an expression can have.
    private mutating func alternatives(
        _ code: String, of literal: SourceLiteral, _ begun: Expansion
    ) -> [Expansion] {
        func plain(_ texts: [String]) -> [Expansion] { texts.map { Expansion(text: $0, values: begun.values) } }
        if let meaning = known.meanings["\(literal.file): \(code)"] ?? known.meanings[code] {
            switch meaning {
            case .values(let values): return plain(values)
            case .oneOf(let openings): return openings.flatMap { fragment($0, of: literal, [begun]) }
            case .all(let openings, let separator):
                return plain([
                    openings.flatMap { fragment($0, of: literal, [begun]) }.map(\.text).joined(separator: separator)
                ])
            }
        }
        if code.wholeMatch(of: /(\w+\.)?places\(.*\)/) != nil { return plain(["NULL", "?, ?"]) }
        if let (one, other) = Self.branches(code) {
            return alternatives(one, of: literal, begun) + alternatives(other, of: literal, begun)
        }
        if code.hasPrefix("\""), let inner = SourceLiteral.all(in: code, file: literal.file).first {
            return expand(inner.pieces, of: literal, [begun])
        }
        if let constant = constants.named(code, in: literal.file) {
            if let literal = constant.literal { used.insert(literal.id) }
            return expand(constant.value, of: constant.literal ?? literal, [begun])
        }
        problems.insert("\(literal.place): \\(\(code)) is unknown: add its values to SQLInterpolations")
        return plain(["?"])
    }

    /// The literals that begin so, in any file.
    private mutating func fragment(
        _ opening: String, of literal: SourceLiteral, _ begun: [Expansion]
    ) -> [Expansion] {
        guard !opening.isEmpty else { return begun }
        let found = literals.filter { $0.opening.hasPrefix(opening) }
        guard !found.isEmpty else {
            problems.insert("\(literal.place): no literal begins with '\(opening)' any more: change SQLInterpolations")
            return []
        }
        return found.flatMap { part in
            used.insert(part.id)
            return expand(part.pieces, of: part, begun)
        }
    }

    /// The two sides of `condition ? one : other`.
    private static func branches(_ code: String) -> (String, String)? {
        var (depth, isInString, question): (Int, Bool, String.Index?) = (0, false, nil)
        for index in code.indices {
            switch code[index] {
            case "\"" where depth == 0: isInString.toggle()
            case "(": depth += 1
            case ")": depth -= 1
            case "?" where depth == 0 && !isInString && question == nil && code[index...].hasPrefix("? "):
                question = code.index(after: index)
            case ":" where depth == 0 && !isInString:
                guard let question, code[index...].hasPrefix(": ") else { continue }
                return (
                    SourceLiteral.trimmed(String(code[question..<index])),
                    SourceLiteral.trimmed(String(code[code.index(after: index)...]))
                )
            default: break
            }
        }
        return nil
    }
}
