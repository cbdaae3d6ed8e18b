import GuildDomain
import Yams

/// Reads one node of a document. An invalid value becomes a problem and nil, so that one pass finds everything.
struct NodeReader {
    let node: Node
    let path: NodePath
    let scope: DocumentScope

    /// Nesting of free-form values (conditions, arguments).
    private static let maximumDepth = 64

    var location: SourceLocation {
        SourceLocation(file: scope.file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    var isScalar: Bool { if case .scalar = node { true } else { false } }
    var isMapping: Bool { if case .mapping = node { true } else { false } }

    var isList: Bool { if case .sequence = node { true } else { false } }

    /// Nothing is written: `key:`, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return CoreSchema.value(of: scalar) == .null
    }

    func problem(
        _ found: String, expected: String? = nil, suggestion: String? = nil, severity: Problem.Severity = .error
    ) {
        scope.findings.add(
            Problem(severity, at: location, path: path.text, found: found, expected: expected, suggestion: suggestion))
    }

    /// Remembers that the name must exist; gives it back.
    @discardableResult
    func reference(_ kind: Reference.Kind, _ name: String) -> String {
        scope.findings.add(Reference(kind: kind, name: name, location: location, path: path.text))
        return name
    }

    // MARK: Structure

    /// Calls `body` with the mapping and then reports each key that `body` did not ask for.
    func mapping<Value>(_ body: (MappingReader) -> Value) -> Value? {
        guard scope.visit() else { return nil }
        guard case .mapping(let mapping) = node else {
            mismatch("a mapping")
            return nil
        }
        guard isCore(mapping.tag) else { return nil }
        let reader = MappingReader(self, pairs(of: mapping))
        let value = body(reader)
        reader.reportUnknownKeys()
        return value
    }

    /// The elements of a list; with `orOne` a single value counts as a list of one.
    func elements(orOne: Bool = false) -> [NodeReader] {
        guard scope.visit() else { return [] }
        guard case .sequence(let sequence) = node else {
            if orOne { return [self] }
            mismatch("a list")
            return []
        }
        guard isCore(sequence.tag) else { return [] }
        return sequence.enumerated().map { NodeReader(node: $1, path: .index($0, in: path), scope: scope) }
    }

    /// The members of a mapping with any keys.
    func members() -> [(key: String, value: NodeReader)] {
        guard scope.visit() else { return [] }
        guard case .mapping(let mapping) = node else {
            mismatch("a mapping")
            return []
        }
        guard isCore(mapping.tag) else { return [] }
        return pairs(of: mapping).map { ($0.key, $0.value) }
    }

    struct Pair {
        let key: String
        let keyReader: NodeReader
        let value: NodeReader
    }

    private func pairs(of mapping: Node.Mapping) -> [Pair] {
        var pairs: [Pair] = []
        var repaired: [DocumentScope.Repair] = []
        for (keyNode, valueNode) in mapping {
            guard scope.visit(), case .scalar(let scalar) = keyNode else {
                NodeReader(node: keyNode, path: path, scope: scope).problem("a key that is not text")
                continue
            }
            if let first = scalar.string.unicodeScalars.first, let repair = scope.repairs[first] {
                repaired.append(repair)
                continue
            }
            let path = NodePath.key(scalar.string, in: path)
            pairs.append(
                Pair(
                    key: scalar.string, keyReader: NodeReader(node: keyNode, path: path, scope: scope),
                    value: NodeReader(node: valueNode, path: path, scope: scope)))
        }
        for repair in repaired {
            guard let double = pairs.first(where: { $0.key == repair.key }) else { continue }
            double.keyReader.problem("duplicate key \(quoted(repair.key)), first on line \(repair.line)")
        }
        return pairs
    }

    private func isCore(_ tag: Tag) -> Bool {
        guard !CoreSchema.collectionTags.contains(tag.rawValue) else { return true }
        problem("the tag \(quoted(tag.rawValue))", expected: "a plain value; tags are not accepted")
        return false
    }

    // MARK: Scalars

    /// The text of a scalar exactly as written: `1.10` and `on` stay unchanged.
    func text() -> String? {
        guard scope.visit() else { return nil }
        guard case .scalar(let scalar) = node else {
            mismatch("a string")
            return nil
        }
        guard CoreSchema.scalarTags.contains(scalar.tag.rawValue) else {
            problem("the tag \(quoted(scalar.tag.rawValue))", expected: "a plain value; tags are not accepted")
            return nil
        }
        guard CoreSchema.value(of: scalar) != .null else {
            mismatch("a string")
            return nil
        }
        guard !SecretShape.matches(scalar.string) else {
            problem("a literal secret", expected: Self.secretForm)
            return nil
        }
        return scalar.string
    }

    /// Text of at least one character.
    func filledText() -> String? {
        guard let text = text() else { return nil }
        guard !text.allSatisfy(\.isWhitespace) else {
            problem("an empty string", expected: "text")
            return nil
        }
        return text
    }

    func bool() -> Bool? {
        guard scope.visit() else { return nil }
        if case .scalar(let scalar) = node {
            if case .bool(let value) = CoreSchema.value(of: scalar) { return value }
            switch scalar.string.lowercased() {
            case "yes", "on", "y":
                mismatch("true or false", suggestion: "true")
                return nil
            case "no", "off", "n":
                mismatch("true or false", suggestion: "false")
                return nil
            default: break
            }
        }
        mismatch("true or false")
        return nil
    }

    /// The node as JSON: scalars by YAML 1.2's core schema, and text for anything that is not a JSON number.
    func json() -> JSONValue? { json(depth: 0) }

    private func json(depth: Int) -> JSONValue? {
        guard scope.visit() else { return nil }
        guard depth < Self.maximumDepth else {
            problem("nested deeper than \(Self.maximumDepth) levels")
            return nil
        }
        switch node {
        case .scalar(let scalar):
            switch CoreSchema.value(of: scalar) {
            case .null: return .null
            case .bool(let value): return .bool(value)
            case .number(let number): return .number(number)
            case .string: return text().map(JSONValue.string)
            }
        case .sequence:
            return .array(elements().compactMap { $0.json(depth: depth + 1) })
        case .mapping:
            return .object(
                JSONObject(
                    members().compactMap { member in member.value.json(depth: depth + 1).map { (member.key, $0) } }))
        case .alias:
            return nil
        }
    }

    /// Reports the value found and the one expected.
    func mismatch(_ expected: String, suggestion: String? = nil) {
        let found =
            switch node {
            case .scalar(let scalar): isNull ? "nothing" : "found \(quoted(scalar.string))"
            case .mapping: "found a mapping"
            case .sequence: "found a list"
            case .alias: "found an alias"
            }
        problem(found, expected: expected, suggestion: suggestion)
    }

    static let secretForm = "env://NAME, file:///path or vault://mount/path#field"
}

/// Reads a mapping and remembers which keys were asked for: the others are unknown.
final class MappingReader {
    let reader: NodeReader
    private let pairs: [NodeReader.Pair]
    private var asked: [String] = []

    init(_ reader: NodeReader, _ pairs: [NodeReader.Pair]) {
        self.reader = reader
        self.pairs = pairs
    }

    /// The value of a key; nil if it is absent or nothing is written.
    subscript(key: String) -> NodeReader? {
        asked.append(key)
        guard let value = pairs.first(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    /// The value of a key that must be there; says so if it is not.
    func required(_ key: String, _ expected: String) -> NodeReader? {
        if let value = self[key] { return value }
        let place = pairs.first { $0.key == key }?.keyReader.location ?? reader.location
        reader.scope.findings.add(
            Problem(
                .error, at: place, path: NodePath.key(key, in: reader.path).text, found: "missing",
                expected: expected))
        return nil
    }

    /// The value of whichever spelling is used; both at once are an error.
    func either(_ key: String, older: String) -> NodeReader? {
        let (value, other) = (self[key], self[older])
        if value != nil, let other {
            other.problem("'\(older)' means the same as '\(key)', which is present too", expected: "one of them")
        }
        return value ?? other
    }

    func reportUnknownKeys() {
        let findings = reader.scope.findings
        for pair in pairs where !asked.contains(pair.key) && !findings.isFull {
            let suggestion = findings.nearest(to: pair.key, in: asked)
            pair.keyReader.problem(
                "unknown key \(quoted(pair.key))",
                expected: suggestion == nil ? "one of " + Set(asked).sorted().joined(separator: ", ") : nil,
                suggestion: suggestion)
        }
    }
}
