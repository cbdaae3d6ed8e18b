/// One validation: applies schemas to a value and collects violations, within a budget of steps.
struct JSONSchemaCheck {
    typealias Limit = JSONSchema.Limit

    let nodes: [JSONSchema.Node]
    private(set) var violations: [JSONSchema.Violation] = []
    private var steps = 0
    /// The place where a limit was reached: the value then counts as invalid, whatever else was found.
    private var exhaustedAt: String?
    private var isExhausted: Bool { exhaustedAt != nil }

    init(nodes: [JSONSchema.Node]) { self.nodes = nodes }

    /// The violations in `value` by the schema `root`.
    static func violations(of root: Int, in nodes: [JSONSchema.Node], value: JSONValue) -> [JSONSchema.Violation] {
        var check = JSONSchemaCheck(nodes: nodes)
        check.apply(root, to: value, at: "", nesting: 0)
        guard let place = check.exhaustedAt else { return check.violations }
        let message = "is too deep or too large to check against this schema"
        return check.violations.prefix(Limit.violations - 1) + [JSONSchema.Violation(location: place, message: message)]
    }

    private mutating func report(_ location: String, _ message: String) {
        guard violations.count < Limit.violations else { return }
        violations.append(JSONSchema.Violation(location: location, message: message))
    }

    /// A message never holds more of a value than this many characters.
    private static let shownCharacters = 120

    private func shown(_ text: String) -> String {
        ScreenText.shortened(text, to: Self.shownCharacters)
    }

    /// Takes `cost` from the budget; false when it is spent.
    private mutating func spend(_ cost: Int, at location: String) -> Bool {
        steps += cost
        if steps > Limit.steps, exhaustedAt == nil { exhaustedAt = location }
        return !isExhausted
    }

    private mutating func apply(_ index: Int, to value: JSONValue, at location: String, nesting: Int) {
        guard !isExhausted, violations.count < Limit.violations, spend(1, at: location) else { return }
        guard nesting < Limit.nesting else { return exhaustedAt = location }
        let node = nodes[index]
        guard node.isSatisfiable else { return report(location, "is not allowed here") }
        if let reference = node.reference { apply(reference, to: value, at: location, nesting: nesting + 1) }
        checkKind(node, value, location)
        switch value {
        case .number(let number): checkNumber(node, number, location)
        case .string(let text):
            // Length counts Unicode scalars, as the specification says.
            checkCount(node.length, Int64(text.unicodeScalars.count), "characters", location)
        case .array(let elements): checkArray(node, elements, location, nesting)
        case .object(let object): checkObject(node, object, location, nesting)
        case .null, .bool: break
        }
        checkCombinations(node, value, location, nesting)
    }

    private mutating func checkKind(_ node: JSONSchema.Node, _ value: JSONValue, _ location: String) {
        if !node.types.isEmpty, !node.types.contains(where: { $0.accepts(value) }) {
            let expected = node.types.map(\.inWords).joined(separator: " or ")
            let found = if case .number(let number) = value { "the number \(number)" } else { value.kindName }
            report(location, "expected \(expected), found \(shown(found))")
        }
        guard node.constant != nil || node.enumeration != nil else { return }
        guard spend(value.weight + (node.enumeration?.count ?? 0) / 16, at: location) else { return }
        let normal = value.normalised()
        if let constant = node.constant, normal != constant { report(location, "must be \(shown(constant.text()))") }
        if let enumeration = node.enumeration, !enumeration.contains(normal) {
            let known = enumeration.prefix(20).map { $0.text() }.joined(separator: ", ")
            report(location, "found \(shown(value.text())), expected one of \(known.prefix(400))")
        }
    }

    private mutating func checkCount(_ count: JSONSchema.Count, _ found: Int64, _ what: String, _ location: String) {
        if let minimum = count.minimum, found < minimum {
            report(location, "has \(found) \(what), expected at least \(minimum)")
        }
        if let maximum = count.maximum, found > maximum {
            report(location, "has \(found) \(what), expected at most \(maximum)")
        }
    }

    private mutating func checkNumber(_ node: JSONSchema.Node, _ number: JSONNumber, _ location: String) {
        let found = shown(number.description)
        if let minimum = node.minimum, number < minimum {
            report(location, "is \(found), expected at least \(minimum)")
        }
        if let maximum = node.maximum, number > maximum { report(location, "is \(found), expected at most \(maximum)") }
        if let bound = node.exclusiveMinimum, number <= bound {
            report(location, "is \(found), expected above \(bound)")
        }
        if let bound = node.exclusiveMaximum, number >= bound {
            report(location, "is \(found), expected below \(bound)")
        }
        if let divisor = node.divisor, !number.isMultiple(of: divisor) {
            report(location, "is \(found), expected a multiple of \(divisor)")
        }
    }

    private mutating func checkArray(
        _ node: JSONSchema.Node, _ elements: [JSONValue], _ location: String, _ nesting: Int
    ) {
        checkCount(node.itemCount, Int64(elements.count), "items", location)
        if node.hasUniqueItems, spend(JSONValue.array(elements).weight, at: location),
            Set(elements.map { $0.normalised() }).count < elements.count
        {
            report(location, "has the same item twice")
        }
        for (index, element) in elements.enumerated() {
            guard let schema = index < node.prefixItems.count ? node.prefixItems[index] : node.items else { break }
            apply(schema, to: element, at: "\(location)/\(index)", nesting: nesting + 1)
        }
    }

    private mutating func checkObject(
        _ node: JSONSchema.Node, _ object: JSONObject, _ location: String, _ nesting: Int
    ) {
        for name in node.required where object[name] == nil {
            let near = NearestName.of(
                name, in: object.members.prefix(64).map(\.key).filter { node.properties[$0] == nil })
            report(location, "'\(name)' is missing\(near.map { "; is '\(shown($0))' meant for it?" } ?? "")")
        }
        checkCount(node.propertyCount, Int64(Set(object.keys).count), "members", location)
        for member in object.members {
            let inner = "\(location)/\(JSONSchemaParser.escaped(member.key))"
            if let schema = node.properties[member.key] {
                apply(schema, to: member.value, at: inner, nesting: nesting + 1)
            } else if let schema = node.additionalProperties {
                guard nodes[schema].isSatisfiable else {
                    let near = NearestName.of(member.key, in: node.propertyNames.prefix(64))
                    let suggestion = near.map { "; did you mean '\($0)'?" } ?? ""
                    report(inner, "is not a member of this mapping\(suggestion)")
                    continue
                }
                apply(schema, to: member.value, at: inner, nesting: nesting + 1)
            }
        }
    }

    private mutating func checkCombinations(
        _ node: JSONSchema.Node, _ value: JSONValue, _ location: String, _ nesting: Int
    ) {
        for schema in node.allOf { apply(schema, to: value, at: location, nesting: nesting + 1) }
        if let schema = node.not, attempt(schema, value, location, nesting).isEmpty, !isExhausted {
            report(location, "is excluded by this schema")
        }
        if !node.anyOf.isEmpty { checkAny(node.anyOf, value, location, nesting) }
        guard !node.oneOf.isEmpty else { return }
        let passed = node.oneOf.indices.filter { attempt(node.oneOf[$0], value, location, nesting).isEmpty }
        guard !isExhausted else { return }
        if passed.isEmpty {
            reportNearest(node.oneOf, value, location, nesting)
        } else if passed.count > 1 {
            report(location, "matches \(passed.count) of the schemas, expected exactly one")
        }
    }

    private mutating func checkAny(_ schemas: [Int], _ value: JSONValue, _ location: String, _ nesting: Int) {
        for schema in schemas where attempt(schema, value, location, nesting).isEmpty { return }
        if !isExhausted { reportNearest(schemas, value, location, nesting) }
    }

    /// Explains a failed choice by the first complaint of the alternative that has fewest.
    private mutating func reportNearest(_ schemas: [Int], _ value: JSONValue, _ location: String, _ nesting: Int) {
        let complaints = schemas.map { attempt($0, value, location, nesting) }
        let nearest = complaints.min { $0.count < $1.count }?.first
        report(
            location, "matches none of \(schemas.count) allowed forms\(nearest.map { "; nearest: \($0)" } ?? "")")
    }

    /// The violations of one schema, not reported.
    private mutating func attempt(
        _ schema: Int, _ value: JSONValue, _ location: String, _ nesting: Int
    ) -> [JSONSchema.Violation] {
        let outer = violations
        violations = []
        apply(schema, to: value, at: location, nesting: nesting + 1)
        let found = violations
        violations = outer
        return found
    }
}

extension JSONValue {
    /// How many values there are in the document.
    fileprivate var weight: Int {
        switch self {
        case .array(let elements): elements.reduce(1) { $0 + $1.weight }
        case .object(let object): object.members.reduce(1) { $0 + $1.value.weight }
        case .null, .bool, .number, .string: 1
        }
    }
}
