import GuildDomain

/// Reads a mapping and remembers which keys were asked for: the others are unknown.
final class MappingReader {
    let reader: NodeReader
    private let pairs: [YAMLNode.Pair]
    private var asked: [String] = []
    /// One bit for each of the first 64 pairs that were asked for.
    private var known: UInt64 = 0

    /// Keys that the largest mappings are asked for.
    private static let usualKeys = 24

    init(_ reader: NodeReader, _ pairs: [YAMLNode.Pair]) {
        self.reader = reader
        self.pairs = pairs
        asked.reserveCapacity(Self.usualKeys)
    }

    /// The value of a key; nil if it is absent or nothing is written.
    subscript(key: String) -> NodeReader? {
        asked.append(key)
        guard let index = pairs.firstIndex(where: { $0.isNamed(key) }) else { return nil }
        if index < UInt64.bitWidth { known |= 1 << UInt64(index) }
        let value = NodeReader(node: pairs[index].value, path: .key(key, in: reader.path), scope: reader.scope)
        return value.isNull ? nil : value
    }

    /// The value of a key that must be there; says so if it is not.
    func required(_ key: String, _ expected: @autoclosure () -> String) -> NodeReader? {
        if let value = self[key] { return value }
        let place = pairs.first { $0.isNamed(key) }.map { reader.reader(ofKey: $0).location } ?? reader.location
        reader.scope.findings.add(
            Problem(
                .error, at: place, path: NodePath.key(key, in: reader.path).text, found: "missing",
                expected: expected()))
        return nil
    }

    /// The value of whichever spelling is used; both at once are an error.
    func either(_ key: String, older: String) -> NodeReader? {
        let value = self[key]
        let other = self[older]
        if value != nil, let other {
            other.problem("'\(older)' means the same as '\(key)', which is present too", expected: "one of them")
        }
        return value ?? other
    }

    func reportUnknownKeys() {
        let findings = reader.scope.findings
        for (index, pair) in pairs.enumerated() where !isKnown(index) && !findings.isFull {
            guard !asked.contains(pair.name) else { continue }
            let suggestion = findings.nearest(to: pair.name, in: asked)
            reader.reader(ofKey: pair).problem(
                "unknown key \(quoted(pair.name))",
                expected: suggestion == nil ? "one of " + Set(asked).sorted().joined(separator: ", ") : nil,
                suggestion: suggestion)
        }
    }

    private func isKnown(_ index: Int) -> Bool { index < UInt64.bitWidth && known & 1 << UInt64(index) != 0 }
}
