/// Reads a schema into nodes that refer to each other by index; a `$ref` is resolved here, and a chain of references that
/// would come back to itself without a step into the value is refused.
struct JSONSchemaParser {
    typealias Problem = JSONSchema.Problem
    typealias Limit = JSONSchema.Limit

    private(set) var nodes: [JSONSchema.Node] = []
    /// The node of each schema that a `$ref` may name, by its fragment.
    private var definitions: [String: Int] = [:]

    private static let validating = [
        "type", "enum", "const", "properties", "required", "additionalProperties", "minProperties", "maxProperties",
        "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "minimum", "maximum",
        "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "anyOf", "oneOf", "allOf", "not", "$ref", "$defs",
    ]
    private static let annotations: Set<String> = [
        "title", "description", "default", "examples", "example", "format", "$schema", "$id", "id", "$comment",
        "$anchor", "readOnly", "writeOnly", "deprecated", "contentEncoding", "contentMediaType", "contentSchema",
        "$vocabulary", "definitions",
    ]
    private static let unsupported: Set<String> = [
        "pattern", "patternProperties", "propertyNames", "contains", "minContains", "maxContains", "if", "then", "else",
        "dependentRequired", "dependentSchemas", "dependencies", "additionalItems", "unevaluatedItems",
        "unevaluatedProperties", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor",
    ]

    /// - Returns: the index of the root.
    mutating func parse(_ json: JSONValue) throws(Problem) -> Int {
        let root = try reserve(at: "")
        definitions["#"] = root
        for keyword in ["$defs", "definitions"] {
            guard let object = try mapping(json[keyword], at: "/\(keyword)") else { continue }
            for key in Set(object.keys) {
                let place = "/\(keyword)/\(Self.escaped(key))"
                definitions["#" + place] = try reserve(at: place)
            }
        }
        for keyword in ["$defs", "definitions"] {
            for member in json[keyword]?.object?.members ?? [] {
                let place = "/\(keyword)/\(Self.escaped(member.key))"
                if let index = definitions["#" + place] { try fill(index, member.value, at: place, depth: 1) }
            }
        }
        try fill(root, json, at: "", depth: 0)
        try refuseCycles()
        return root
    }

    private mutating func reserve(at place: String) throws(Problem) -> Int {
        guard nodes.count < Limit.nodes else { throw problem(place, "there are more than \(Limit.nodes) schemas") }
        nodes.append(JSONSchema.Node())
        return nodes.count - 1
    }

    private mutating func schema(_ json: JSONValue, at place: String, depth: Int) throws(Problem) -> Int {
        let index = try reserve(at: place)
        try fill(index, json, at: place, depth: depth)
        return index
    }

    private mutating func fill(_ index: Int, _ json: JSONValue, at place: String, depth: Int) throws(Problem) {
        guard depth < Limit.depth else { throw problem(place, "nested deeper than \(Limit.depth)") }
        var node = JSONSchema.Node()
        switch json {
        case .bool(let flag): node.isSatisfiable = flag
        case .object(let object):
            for member in object.members {
                try read(member.key, member.value, at: place, depth: depth, into: &node)
            }
        default: throw problem(place, "found \(json.kindName), expected a mapping, true or false")
        }
        nodes[index] = node
    }

    private mutating func read(
        _ keyword: String, _ value: JSONValue, at outer: String, depth: Int, into node: inout JSONSchema.Node
    ) throws(Problem) {
        let place = "\(outer)/\(Self.escaped(keyword))"
        switch keyword {
        case "type": node.types = try types(value, at: place)
        case "const": node.constant = value.normalised()
        case "enum": node.enumeration = try enumeration(value, at: place)
        case "properties": try readProperties(value, at: place, depth: depth, into: &node)
        case "required": node.required = try strings(value, at: place)
        case "additionalProperties":
            node.additionalProperties = try schema(value, at: place, depth: depth + 1)
        case "items": node.items = try schema(value, at: place, depth: depth + 1)
        case "prefixItems": node.prefixItems = try schemas(value, at: place, depth: depth)
        case "uniqueItems":
            guard let flag = value.bool else { throw problem(place, "expected true or false") }
            node.hasUniqueItems = flag
        case "minProperties": node.propertyCount.minimum = try count(value, at: place)
        case "maxProperties": node.propertyCount.maximum = try count(value, at: place)
        case "minItems": node.itemCount.minimum = try count(value, at: place)
        case "maxItems": node.itemCount.maximum = try count(value, at: place)
        case "minLength": node.length.minimum = try count(value, at: place)
        case "maxLength": node.length.maximum = try count(value, at: place)
        case "minimum": node.minimum = try number(value, at: place)
        case "maximum": node.maximum = try number(value, at: place)
        case "exclusiveMinimum": node.exclusiveMinimum = try number(value, at: place)
        case "exclusiveMaximum": node.exclusiveMaximum = try number(value, at: place)
        case "multipleOf":
            guard let divisor = value.integer, divisor > 0 else {
                throw problem(place, "is supported for whole numbers above 0 only")
            }
            node.divisor = divisor
        case "allOf": node.allOf = try schemas(value, at: place, depth: depth)
        case "anyOf": node.anyOf = try schemas(value, at: place, depth: depth)
        case "oneOf": node.oneOf = try schemas(value, at: place, depth: depth)
        case "not": node.not = try schema(value, at: place, depth: depth + 1)
        case "$ref": node.reference = try reference(value, at: place)
        case "$defs", "definitions":
            guard outer.isEmpty else { throw problem(place, "definitions are allowed only at the top of the schema") }
        default: try refuse(keyword, at: place)
        }
    }

    /// Keywords that nobody knows are annotations, unless they look like a misspelt one.
    private func refuse(_ keyword: String, at place: String) throws(Problem) {
        guard !Self.unsupported.contains(keyword) else { throw problem(place, "'\(keyword)' is not supported") }
        guard !Self.annotations.contains(keyword), !keyword.hasPrefix("x-"),
            let near = NearestName.of(keyword, in: Self.validating)
        else { return }
        throw problem(place, "'\(keyword)' is not a keyword; did you mean '\(near)'?")
    }

    // MARK: - Keywords

    private func types(_ value: JSONValue, at place: String) throws(Problem) -> [JSONSchema.Kind] {
        let names = value.array ?? [value]
        guard !names.isEmpty else { throw problem(place, "has an empty list") }
        var kinds: [JSONSchema.Kind] = []
        for name in names {
            guard let text = name.string, let kind = JSONSchema.Kind(rawValue: text) else {
                let all = JSONSchema.Kind.allCases.map(\.rawValue)
                throw problem(place, "found \(name.text()), expected \(all.joined(separator: ", "))")
            }
            kinds.append(kind)
        }
        return kinds
    }

    private func enumeration(_ value: JSONValue, at place: String) throws(Problem) -> [JSONValue] {
        guard case .array(let values) = value, (1...Limit.enumeration).contains(values.count) else {
            throw problem(place, "expected a list of 1 to \(Limit.enumeration) values")
        }
        return values.map { $0.normalised() }
    }

    private mutating func readProperties(
        _ value: JSONValue, at place: String, depth: Int, into node: inout JSONSchema.Node
    ) throws(Problem) {
        guard let object = try mapping(value, at: place) else { return }
        for member in object.members where node.properties[member.key] == nil {
            let inner = "\(place)/\(Self.escaped(member.key))"
            node.properties[member.key] = try schema(object[member.key] ?? member.value, at: inner, depth: depth + 1)
            node.propertyNames.append(member.key)
        }
    }

    private mutating func schemas(_ value: JSONValue, at place: String, depth: Int) throws(Problem) -> [Int] {
        guard case .array(let schemas) = value, !schemas.isEmpty else {
            throw problem(place, "expected a list of at least one schema")
        }
        var indices: [Int] = []
        for (index, json) in schemas.enumerated() {
            indices.append(try schema(json, at: "\(place)/\(index)", depth: depth + 1))
        }
        return indices
    }

    private func mapping(_ value: JSONValue?, at place: String) throws(Problem) -> JSONObject? {
        guard let value else { return nil }
        guard case .object(let object) = value else {
            throw problem(place, "found \(value.kindName), expected a mapping")
        }
        return object
    }

    private func strings(_ value: JSONValue, at place: String) throws(Problem) -> [String] {
        guard case .array(let values) = value else {
            throw problem(place, "found \(value.kindName), expected a list of strings")
        }
        var strings: [String] = []
        for value in values {
            guard let text = value.string else { throw problem(place, "found \(value.kindName), expected strings") }
            strings.append(text)
        }
        return strings
    }

    private func count(_ value: JSONValue, at place: String) throws(Problem) -> Int64 {
        guard let count = value.integer, count >= 0 else { throw problem(place, "expected a whole number from 0") }
        return count
    }

    private func number(_ value: JSONValue, at place: String) throws(Problem) -> JSONNumber {
        guard case .number(let number) = value else {
            throw problem(place, "found \(value.kindName), expected a number")
        }
        return number
    }

    private func reference(_ value: JSONValue, at place: String) throws(Problem) -> Int {
        guard let text = value.string, let index = definitions[text] else {
            let near = NearestName.of(value.string ?? "", in: definitions.keys.sorted())
            let suggestion = near.map { "; did you mean '\($0)'?" } ?? ""
            throw problem(place, "\(value.text()) names nothing under '#/$defs/' of this schema\(suggestion)")
        }
        return index
    }

    // MARK: - Cycles

    private enum Mark { case fresh, open, done }

    /// Depth-first over the schemas that apply in place; meeting an open one again is a cycle.
    private func refuseCycles() throws(Problem) {
        var marks = Array(repeating: Mark.fresh, count: nodes.count)
        for start in nodes.indices where marks[start] == .fresh {
            var path: [(node: Int, next: Int)] = [(start, 0)]
            marks[start] = .open
            while let (node, next) = path.last {
                let followers = nodes[node].inPlace
                guard next < followers.count else {
                    marks[node] = .done
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                switch marks[followers[next]] {
                case .open:
                    let cycle = path.map(\.node).drop { $0 != followers[next] }
                    throw problem(definitionPlace(of: Array(cycle)), "a $ref leads back to itself")
                case .fresh:
                    marks[followers[next]] = .open
                    path.append((followers[next], 0))
                case .done: break
                }
            }
        }
    }

    private func definitionPlace(of cycle: [Int]) -> String {
        definitions.filter { cycle.contains($0.value) }.keys.sorted().first.map { String($0.dropFirst()) } ?? ""
    }

    private func problem(_ place: String, _ reason: String) -> Problem { Problem(location: place, reason: reason) }

    /// One step of a JSON Pointer (RFC 6901).
    static func escaped(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
        return key.reduce(into: "") { text, character in
            switch character {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.append(character)
            }
        }
    }
}
