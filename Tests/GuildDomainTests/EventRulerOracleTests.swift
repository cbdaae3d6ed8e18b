import GuildDomain
import Testing

/// aws/event-ruler's own algorithm, written down plainly: the event becomes a flat list of named leaves, each with the
/// array elements that it lies in; fields are taken by name, and their leaves must agree about every array.
private struct RulerOracle {
    private struct Leaf {
        let name: String
        let value: JSONValue
        /// The element of each array (by its number) that the leaf lies in.
        let membership: [Int: Int]
    }

    private var leaves: [Leaf] = []
    private var arrays = 0

    init(_ event: JSONValue) { add(event, name: "", membership: [:]) }

    private mutating func add(_ value: JSONValue, name: String, membership: [Int: Int]) {
        switch value {
        case .object(let object):
            for key in Set(object.keys) {
                add(object[key] ?? .null, name: name.isEmpty ? key : "\(name).\(key)", membership: membership)
            }
        case .array(let elements):
            let number = arrays
            arrays += 1
            for (index, element) in elements.enumerated() {
                var inner = membership
                // Only objects and arrays become members of an array; scalars do not.
                switch element {
                case .object, .array: inner[number] = index
                default: break
                }
                add(element, name: name, membership: inner)
            }
        default: leaves.append(Leaf(name: name, value: value, membership: membership))
        }
    }

    func holds(_ pattern: EventPattern) -> Bool {
        pattern.alternatives.contains { alternative in
            holds(
                alternative.fields.sorted { $0.path.joined(separator: ".") < $1.path.joined(separator: ".") }[...], [:])
        }
    }

    private func holds(_ fields: ArraySlice<EventPattern.Field>, _ settled: [Int: Int]) -> Bool {
        guard let field = fields.first else { return true }
        let here = leaves.filter { leaf in
            leaf.name == field.path.joined(separator: ".")
                && leaf.membership.allSatisfy { settled[$0.key] == nil || settled[$0.key] == $0.value }
        }
        if field.wantsAbsence { return here.isEmpty && holds(fields.dropFirst(), settled) }
        return here.contains { leaf in
            field.tests.contains { $0.accepts(leaf.value) }
                && holds(fields.dropFirst(), settled.merging(leaf.membership) { first, _ in first })
        }
    }
}

@Suite struct EventRulerOracleTests {
    private static let keys = ["a", "b", "c"]

    private static func value(_ depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        switch depth == 0 ? 0 : Int.random(in: 0..<4, using: &random) {
        case 0: return [1, 2, "x", .null, "xy"].randomElement(using: &random) ?? 1
        case 1:
            return .array((0..<Int.random(in: 0..<4, using: &random)).map { _ in value(depth - 1, &random) })
        default: return object(depth - 1, &random)
        }
    }

    private static func object(_ depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        var object = JSONObject()
        for key in keys where Bool.random(using: &random) { object[key] = value(depth, &random) }
        return .object(object)
    }

    private static func accepted(_ random: inout SeededGenerator) -> JSONValue {
        let tests: [JSONValue] = [
            1, "x", .null, ["exists": true], ["exists": false], ["exists": false], ["anything-but": 1],
            ["anything-but": ["x", "y"]], ["prefix": "x"], ["numeric": [">", 1]], ["anything-but": ["prefix": "x"]],
        ]
        return .array(
            (0..<Int.random(in: 1..<3, using: &random)).compactMap { _ in tests.randomElement(using: &random) })
    }

    private static func pattern(_ depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        var object = JSONObject()
        let count = Int.random(in: 1...3, using: &random)
        for key in keys.shuffled(using: &random).prefix(count) {
            object[key] =
                depth > 0 && Int.random(in: 0..<3, using: &random) > 0
                ? pattern(depth - 1, &random) : accepted(&random)
        }
        return .object(object)
    }

    @Test func `the interpreter agrees with event-ruler's algorithm on random patterns and events`() throws {
        var random = SeededGenerator(state: 20_261_122)
        var (matched, compared) = (0, 0)
        for _ in 0..<2500 {
            let json = Self.pattern(2, &random)
            let pattern = try EventPattern(parsing: json)
            for _ in 0..<4 {
                let event = Self.object(4, &random)
                let expected = RulerOracle(event).holds(pattern)
                compared += 1
                matched += expected ? 1 : 0
                guard pattern.matches(event) != expected || (pattern.firstMismatch(in: event) == nil) != expected else {
                    continue
                }
                Issue.record("\(json.text()) on \(event.text()): event-ruler says \(expected)")
                return
            }
        }
        // The cases would prove nothing if hardly any matched.
        #expect(matched > compared / 20)
    }
}
