/// A range of versions: comparisons that must all hold, as npm and Cargo write them.
///
/// `>=1.2 <2`, `^1.2` (the same first number that is not 0), `~1.2` (the same minor), `1.2.x`, `1.2` (any patch),
/// `1.2.3`, `*`. A pre-release is accepted only if a comparison names one of the same three numbers.
package struct VersionRange: Sendable, Hashable, CustomStringConvertible {
    /// Why a text is not a range.
    package struct Problem: GuildError, Equatable {
        /// The requirement as written.
        package let text: String
        /// What is wrong with it.
        package let reason: String

        package var kind: ErrorKind { .invalidCodex }
        package var message: String { "version requirement '\(text)': \(reason)" }
        package var hint: String? { "write one of 1.2.x, ^1.2, ~1.2, >=1.2, or >=1.2 <2" }
    }

    private struct Comparison: Sendable, Hashable {
        enum Sign: String, Sendable { case least = ">=", above = ">", below = "<", most = "<=", equal = "=" }

        let sign: Sign
        let version: SemanticVersion

        func holds(_ candidate: SemanticVersion) -> Bool {
            switch sign {
            case .least: candidate >= version
            case .above: candidate > version
            case .below: candidate < version
            case .most: candidate <= version
            case .equal: candidate == version
            }
        }
    }

    package let description: String
    private let comparisons: [Comparison]

    /// Whether all comparisons hold of the version.
    package func contains(_ version: SemanticVersion) -> Bool {
        guard comparisons.allSatisfy({ $0.holds(version) }) else { return false }
        guard !version.prerelease.isEmpty else { return true }
        return comparisons.contains { comparison in
            let named = comparison.version
            return !named.prerelease.isEmpty
                && (named.major, named.minor, named.patch) == (version.major, version.minor, version.patch)
        }
    }

    /// Reads a range such as `>=1.2 <2`.
    package init(parsing text: String) throws(Problem) {
        guard text.utf8.count <= 256 else { throw Problem(text: String(text.prefix(40)), reason: "is over 256 bytes") }
        description = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var comparisons: [Comparison] = []
        for term in try Self.terms(text) { comparisons += try Self.comparisons(term, of: text) }
        self.comparisons = comparisons
    }

    private static let signs = [">=", "<=", ">", "<", "=", "^", "~"]

    /// Splits at blanks and commas; a sign may be separated from its version.
    private static func terms(_ text: String) throws(Problem) -> [String] {
        var terms: [String] = []
        var sign = ""
        for word in text.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
            if signs.contains(String(word)), sign.isEmpty {
                sign = String(word)
            } else {
                terms.append(sign + word)
                sign = ""
            }
        }
        guard sign.isEmpty else { throw Problem(text: text, reason: "nothing follows '\(sign)'") }
        guard !terms.isEmpty else { throw Problem(text: text, reason: "is empty") }
        return terms
    }

    private static func comparisons(_ term: String, of text: String) throws(Problem) -> [Comparison] {
        let sign = signs.first { term.hasPrefix($0) } ?? ""
        let operand = term.dropFirst(sign.count)
        if let whole = SemanticVersion(String(operand)) {
            switch sign {
            case "^": return span(from: whole, to: next(after: whole, caret: 3))
            case "~": return span(from: whole, to: bump(whole.major, whole.minor))
            default: return [Comparison(sign: Comparison.Sign(rawValue: sign) ?? .equal, version: whole)]
            }
        }
        guard let numbers = partial(operand) else {
            throw Problem(text: text, reason: "'\(term)' is not a version or part of one")
        }
        let lower = SemanticVersion(numbers.first ?? 0, numbers.count > 1 ? numbers[1] : 0, 0)
        // The range of the given numbers: 1 is 1.x.x, 1.2 is 1.2.x, none is any version.
        let upper =
            switch numbers.count {
            case 0: nil as SemanticVersion?
            case 1: bump(lower.major, nil)
            default: bump(lower.major, lower.minor)
            }
        switch sign {
        case "", "=", "~": return span(from: lower, to: upper)
        case "^": return span(from: lower, to: numbers.isEmpty ? nil : next(after: lower, caret: numbers.count))
        case ">=": return [Comparison(sign: .least, version: lower)]
        case "<": return [Comparison(sign: .below, version: lower)]
        case "<=": return upper.map { [Comparison(sign: .below, version: $0)] } ?? []
        default:
            guard let upper else { throw Problem(text: text, reason: "no version is above '*'") }
            return [Comparison(sign: .least, version: upper)]
        }
    }

    private static func span(from lower: SemanticVersion, to upper: SemanticVersion?) -> [Comparison] {
        [Comparison(sign: .least, version: lower)] + (upper.map { [Comparison(sign: .below, version: $0)] } ?? [])
    }

    /// One, two or no numbers; `x`, `X` and `*` mean the rest.
    private static func partial(_ text: Substring) -> [Int64]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { return nil }
        var numbers: [Int64] = []
        var isOpen = false
        for part in parts {
            if ["x", "X", "*"].contains(part) {
                isOpen = true
            } else {
                guard !isOpen, let number = SemanticVersion.number(part) else { return nil }
                numbers.append(number)
            }
        }
        return numbers.count < 3 ? numbers : nil
    }

    /// The first version with a larger major, or with a larger minor if there is one.
    private static func bump(_ major: Int64, _ minor: Int64?) -> SemanticVersion {
        minor.map { SemanticVersion(major, $0.addingSaturated(1), 0) }
            ?? SemanticVersion(major.addingSaturated(1), 0, 0)
    }

    /// The exclusive end of `^`: the first given number that is not 0 is increased by one, or else the last one.
    private static func next(after version: SemanticVersion, caret numbers: Int) -> SemanticVersion {
        if version.major > 0 || numbers == 1 { return bump(version.major, nil) }
        if version.minor > 0 || numbers == 2 { return bump(0, version.minor) }
        return SemanticVersion(0, 0, version.patch.addingSaturated(1))
    }
}

/// A thing that must exist, and the versions that it may have: `investigator >= 1.2`.
package struct VersionRequirement: Sendable, Hashable, CustomStringConvertible {
    /// The name of the required agent.
    package let name: String
    /// Nil if any version will do.
    package let range: VersionRange?

    package var description: String { range.map { "\(name) \($0)" } ?? name }

    /// Reads a name followed by a range; without a range any version satisfies it.
    package init(parsing text: String) throws(VersionRange.Problem) {
        let trimmed = text.drop { $0.isWhitespace }
        let name = trimmed.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./".contains($0)) }
        guard let first = name.first, first.isLetter, text.utf8.count <= 512 else {
            throw VersionRange.Problem(text: String(text.prefix(80)), reason: "must begin with a name")
        }
        self.name = String(name)
        let rest = trimmed.dropFirst(name.count)
        let isAlone = rest.allSatisfy(\.isWhitespace)
        range = isAlone ? nil : try VersionRange(parsing: String(rest))
    }

    /// - Parameter version: of the thing with that name.
    package func accepts(_ version: SemanticVersion) -> Bool { range?.contains(version) ?? true }
}
