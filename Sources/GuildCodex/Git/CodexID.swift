/// The random name of a codex, which its ledger is found by: 32 hexadecimal digits in lower case.
package struct CodexID: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// - Returns: nil if the text is not 32 hexadecimal digits.
    package init?(_ text: String) {
        guard text.utf8.count == Self.digits,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        description = text
    }

    /// A new one, of 128 random bits.
    package init() {
        var generator = SystemRandomNumberGenerator()
        let halves = [generator.next(), generator.next()]
        description = halves.map { half in
            let text = String(half, radix: 16)
            return String(repeating: "0", count: Self.digits / 2 - text.utf8.count) + text
        }.joined()
    }

    /// The 8 digits that the name of a ledger's folder ends in.
    package var short: String { String(description.prefix(8)) }

    private static let digits = 32
}
