/// A pattern for names in which `*` stands for any run of characters, dots included; every other character is itself.
///
/// `pull_request.*` in a trigger, `SYSTEM.*` in a list of tools. Case counts; matching takes linear time.
package struct Glob: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let description: String
    let pattern: StarPattern

    package init(_ text: String) {
        description = text
        let pieces = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        pattern = StarPattern(pieces: pieces.map { Array($0) })
    }

    package init(stringLiteral value: String) { self.init(value) }

    /// True when the glob has no `*` and so names one thing.
    package var isLiteral: Bool { pattern.isLiteral }

    package func matches(_ name: String) -> Bool { pattern.matches(name) }
}
