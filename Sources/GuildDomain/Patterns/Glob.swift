/// A pattern for names in which `*` matches any sequence of characters, dots included; every other character matches
/// itself.
///
/// `pull_request.*` in a trigger, `SYSTEM.*` in a list of tools. Case-sensitive; matching takes linear time.
package struct Glob: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let description: String
    let pattern: StarPattern

    /// The pattern of a text; any text is one.
    package init(_ text: String) {
        description = text
        let pieces = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        pattern = StarPattern(pieces: pieces.map { Array($0) })
    }

    /// The pattern of a text.
    package init(stringLiteral value: String) { self.init(value) }

    /// True when the glob has no `*` and so names one thing.
    package var isLiteral: Bool { pattern.isLiteral }

    /// Whether the whole name matches.
    package func matches(_ name: String) -> Bool { pattern.matches(name) }
}
