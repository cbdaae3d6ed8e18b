import GuildDomain

/// Reads one node of a document. An invalid value becomes a problem and nil, so that one pass finds everything.
struct NodeReader {
    let node: YAMLNode
    let path: NodePath
    let scope: DocumentScope

    /// Nesting of free-form values (conditions, arguments).
    private static let maximumDepth = 64

    var location: SourceLocation {
        SourceLocation(file: scope.file, line: node.mark.line, column: node.mark.column)
    }

    var isScalar: Bool { if case .scalar = node { true } else { false } }
    var isMapping: Bool { if case .mapping = node { true } else { false } }

    var isList: Bool { if case .sequence = node { true } else { false } }

    /// Nothing is written: `key:`, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return CoreSchema.isNull(scalar)
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
        scope.findings.add(Reference(kind: kind, name: name, location: location, place: path))
        return name
    }

    // MARK: Structure

    /// Calls `body` with the mapping and then reports each key that `body` did not ask for.
    ///
    /// - Returns: nil if the node is not a mapping, or if `body` makes nothing of it.
    func mapping<Value>(_ body: (MappingReader) -> Value?) -> Value? {
        guard let reader = mappingReader() else { return nil }
        let value = body(reader)
        reader.reportUnknownKeys()
        return value
    }

    /// Does the same for a `body` that only writes down what it reads.
    func mapping(_ body: (MappingReader) -> Void) {
        guard let reader = mappingReader() else { return }
        body(reader)
        reader.reportUnknownKeys()
    }

    private func mappingReader() -> MappingReader? {
        guard scope.visit() else { return nil }
        guard case .mapping(let mapping) = node else {
            mismatch("a mapping")
            return nil
        }
        guard isCore(mapping.tag) else { return nil }
        return MappingReader(self, readable(mapping))
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
        return sequence.nodes.enumerated().map { NodeReader(node: $1, path: .index($0, in: path), scope: scope) }
    }

    /// The members of a mapping with any keys.
    func members() -> [(key: String, value: NodeReader)] {
        guard scope.visit() else { return [] }
        guard case .mapping(let mapping) = node else {
            mismatch("a mapping")
            return []
        }
        guard isCore(mapping.tag) else { return [] }
        return readable(mapping).map { pair in
            (pair.name, NodeReader(node: pair.value, path: .key(pair.name, in: path), scope: scope))
        }
    }

    /// The pairs whose keys are text; says which are not, and which stand twice.
    private func readable(_ mapping: YAMLNode.Mapping) -> [YAMLNode.Pair] {
        let pairs = mapping.pairs
        if scope.repairs.isEmpty, pairs.allSatisfy(\.hasTextKey), scope.visit(pairs.count) { return pairs }
        var readable: [YAMLNode.Pair] = []
        var repaired: [DocumentScope.Repair] = []
        for pair in pairs {
            guard scope.visit(), case .scalar(let scalar) = pair.key else {
                NodeReader(node: pair.key, path: path, scope: scope).problem("a key that is not text")
                continue
            }
            if let first = scalar.string.unicodeScalars.first, let repair = scope.repairs[first] {
                repaired.append(repair)
            } else {
                readable.append(pair)
            }
        }
        for repair in repaired {
            guard let double = readable.first(where: { $0.isNamed(repair.key) }) else { continue }
            reader(ofKey: double).problem("duplicate key \(quoted(repair.key)), first on line \(repair.line)")
        }
        return readable
    }

    /// For what is wrong with a key of this mapping.
    func reader(ofKey pair: YAMLNode.Pair) -> NodeReader {
        NodeReader(node: pair.key, path: .key(pair.name, in: path), scope: scope)
    }

    private func isCore(_ tag: String) -> Bool {
        guard !CoreSchema.collectionTags.contains(tag) else { return true }
        problem("the tag \(quoted(tag))", expected: "a plain value; tags are not accepted")
        return false
    }

    // MARK: Scalars

    /// The text of a scalar exactly as written: `1.10` and `on` stay unchanged.
    func text() -> String? {
        let text = bareText()
        if text != nil { warnOfOldBoolean() }
        return text
    }

    /// Text that is then read as a value of another form.
    func bareText() -> String? {
        guard scope.visit() else { return nil }
        guard case .scalar(let scalar) = node else {
            mismatch("a string")
            return nil
        }
        guard CoreSchema.scalarTags.contains(scalar.tag) else {
            problem("the tag \(quoted(scalar.tag))", expected: "a plain value; tags are not accepted")
            return nil
        }
        guard !CoreSchema.isNull(scalar) else {
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
        let text = filledBareText()
        if text != nil { warnOfOldBoolean() }
        return text
    }

    /// Text of at least one character that is then read as a value of another form.
    func filledBareText() -> String? {
        guard let text = bareText() else { return nil }
        guard text.utf8.first.map(Self.isInk) == true || !text.allSatisfy(\.isWhitespace) else {
            problem("an empty string", expected: "text")
            return nil
        }
        return text
    }

    /// Whether a text that begins with this byte cannot be blank.
    private static func isInk(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

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
        }
    }

    /// Reports the value found and the one expected.
    func mismatch(_ expected: String, suggestion: String? = nil) {
        let found =
            switch node {
            case .scalar(let scalar): isNull ? "nothing" : "found \(quoted(scalar.string))"
            case .mapping: "found a mapping"
            case .sequence: "found a list"
            }
        problem(found, expected: expected, suggestion: suggestion)
    }

    static let secretForm = "env://NAME, file:///path or vault://mount/path#field"
}
