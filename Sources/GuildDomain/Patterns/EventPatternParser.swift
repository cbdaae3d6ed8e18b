/// Reads a pattern into its alternatives: nested mappings, dotted keys and JSON Pointers become paths, every `$or` is
/// multiplied out.
struct EventPatternParser {
    typealias Problem = EventPattern.Problem
    typealias Field = EventPattern.Field
    typealias Limit = EventPattern.Limit

    private static let or = "$or"

    private var fields = 0
    var values = 0

    mutating func alternatives(of json: JSONValue, at place: String) throws(Problem) -> [[Field]] {
        guard case .object(let object) = json else {
            throw problem(place, "found \(json.kindName), expected a mapping of fields")
        }
        return try mapping(object, at: [], place: place, depth: 0, insideOr: false)
    }

    func problem(_ place: String, _ reason: String, suggestion: String? = nil) -> Problem {
        Problem(path: place, reason: reason, suggestion: suggestion)
    }

    private mutating func mapping(
        _ object: JSONObject, at steps: [String], place: String, depth: Int, insideOr: Bool
    ) throws(Problem) -> [[Field]] {
        guard depth < Limit.depth else { throw problem(place, "is nested deeper than \(Limit.depth)") }
        guard !object.isEmpty else { throw problem(place, "has no fields; name at least one") }
        var alternatives: [[Field]] = [[]]
        for member in object.members {
            let inner = place.isEmpty ? member.key : "\(place).\(member.key)"
            var path = steps + (try keySteps(member.key, place: inner))
            let isPointer = member.key.hasPrefix("/")
            let isOr = path.last == Self.or && !isPointer
            if isOr { path.removeLast() }
            guard path.count <= Limit.depth else { throw problem(inner, "is nested deeper than \(Limit.depth)") }
            if !isPointer, !isOr { try refuseMisplacedOperator(member, place: inner, insideOr: insideOr) }
            let found: [[Field]] =
                if isOr {
                    try either(member.value, at: path, place: inner, depth: depth + 1)
                } else {
                    try field(member.value, at: path, place: inner, depth: depth + 1, insideOr: insideOr)
                }
            alternatives = try product(alternatives, found, place: inner)
        }
        return alternatives
    }

    private mutating func field(
        _ value: JSONValue, at path: [String], place: String, depth: Int, insideOr: Bool
    ) throws(Problem) -> [[Field]] {
        switch value {
        case .object(let object):
            return try mapping(object, at: path, place: place, depth: depth, insideOr: insideOr)
        case .array(let accepted):
            return try leaf(accepted, at: path, place: place)
        case .null, .bool, .number, .string:
            return try leaf([value], at: path, place: place)
        }
    }

    private mutating func either(
        _ value: JSONValue, at path: [String], place: String, depth: Int
    ) throws(Problem) -> [[Field]] {
        guard case .array(let choices) = value, choices.count >= 2 else {
            throw problem(place, "must be a list of at least two mappings of fields")
        }
        var alternatives: [[Field]] = []
        for (index, choice) in choices.enumerated() {
            guard case .object(let object) = choice else {
                throw problem("\(place)[\(index)]", "found \(choice.kindName), expected a mapping of fields")
            }
            alternatives += try mapping(
                object, at: path, place: "\(place)[\(index)]", depth: depth, insideOr: true)
            try checkSize(alternatives.count, alternatives.reduce(0) { $0 + $1.count }, place: place)
        }
        return alternatives
    }

    /// A list that accepts absence too is two alternatives: the field is absent, or it has one of the other values.
    private mutating func leaf(
        _ accepted: [JSONValue], at path: [String], place: String
    ) throws(Problem) -> [[Field]] {
        fields += 1
        values += accepted.count
        guard fields <= Limit.fields else { throw problem(place, "is one field more than the \(Limit.fields) allowed") }
        try checkValues(place)
        guard !accepted.isEmpty else { throw problem(place, "has an empty list, which matches nothing") }
        var tests: [ValueTest] = []
        var words: [String] = []
        var acceptsAbsence = false
        for (index, value) in accepted.enumerated() {
            if let test = try test(value, place: accepted.count == 1 ? place : "\(place)[\(index)]") {
                tests.append(test)
            } else {
                acceptsAbsence = true
            }
        }
        if acceptsAbsence { words.append("no value") }
        if !tests.isEmpty { words.append(ValueTest.description(of: tests)) }
        let expected = words.joined(separator: " or ")
        var alternatives: [[Field]] = []
        if acceptsAbsence { alternatives.append([Field(path: path, tests: [], expected: expected)]) }
        if !tests.isEmpty { alternatives.append([Field(path: path, tests: tests, expected: expected)]) }
        return alternatives
    }

    func checkValues(_ place: String) throws(Problem) {
        guard values <= Limit.values else { throw problem(place, "brings the values to more than \(Limit.values)") }
    }

    // MARK: - Expansion

    /// Every alternative of the one side together with every one of the other.
    private func product(_ left: [[Field]], _ right: [[Field]], place: String) throws(Problem) -> [[Field]] {
        let sizes = (left.reduce(0) { $0 + $1.count }, right.reduce(0) { $0 + $1.count })
        try checkSize(left.count * right.count, sizes.0 * right.count + sizes.1 * left.count, place: place)
        var result: [[Field]] = []
        for first in left {
            for second in right {
                if let twice = second.first(where: { field in first.contains { $0.path == field.path } }) {
                    throw problem(place, "the field \(FieldPath.text(twice.path)) occurs here a second time")
                }
                result.append(first + second)
            }
        }
        return result
    }

    private func checkSize(_ alternatives: Int, _ fields: Int, place: String) throws(Problem) {
        guard alternatives <= Limit.alternatives, fields <= Limit.expandedFields else {
            throw problem(place, "multiplies the $or choices to more than \(Limit.alternatives) alternatives")
        }
    }

    // MARK: - Keys

    /// A key is one step, several between dots, or a JSON Pointer (RFC 6901) whose steps may contain dots.
    private func keySteps(_ key: String, place: String) throws(Problem) -> [String] {
        guard key.utf8.count <= Limit.valueBytes else {
            throw problem(place, "has a key over \(Limit.valueBytes) bytes")
        }
        guard !key.hasPrefix("/") else {
            return try key.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
                .map { (token) throws(Problem) in try unescaped(String(token), place: place) }
        }
        let steps = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !steps.contains("") else {
            throw problem(place, "has an empty step between dots; a key that contains a dot is written \"/a.b\"")
        }
        guard !steps.dropLast().contains(Self.or) else { throw problem(place, "nothing is allowed below $or") }
        return steps
    }

    private func unescaped(_ token: String, place: String) throws(Problem) -> String {
        var pieces = token.split(separator: "~", omittingEmptySubsequences: false)[...]
        var text = String(pieces.popFirst() ?? "")
        for piece in pieces {
            switch piece.first {
            case "0": text += "~" + piece.dropFirst()
            case "1": text += "/" + piece.dropFirst()
            default: throw problem(place, "'~' in a JSON Pointer must be written '~0'")
            }
        }
        return text
    }

    /// People write `{field: {prefix: x}}` and mean `{field: [{prefix: x}]}`; a field that has an operator's name takes
    /// a list of values, or a JSON Pointer as its key. Within `$or` such names are reserved, as in aws/event-ruler.
    private func refuseMisplacedOperator(_ member: JSONObject.Member, place: String, insideOr: Bool) throws(Problem) {
        guard Self.operators.contains(member.key) else { return }
        let looksLikeField: Bool =
            switch (member.key, member.value) {
            case ("anything-but", _), ("equals-ignore-case", _): false
            case ("numeric", .array(let values)): values.first?.string.map { !Self.comparisons.contains($0) } ?? true
            case (_, .array): true
            case ("prefix", .object(let object)), ("suffix", .object(let object)):
                object["equals-ignore-case"] == nil
            case (_, .object): true
            default: false
            }
        guard insideOr || !looksLikeField else { return }
        throw problem(
            place,
            "an operator belongs in a list: [{\"\(member.key)\": …}]; a field of that name is written \"/\(member.key)\""
        )
    }
}

/// How a path of keys is shown to people.
package enum FieldPath {
    /// Dotted, or a JSON Pointer if a key contains a dot or a slash or is empty.
    package static func text(_ path: [String]) -> String {
        guard path.contains(where: { $0.isEmpty || $0.contains(".") || $0.contains("/") }) else {
            return path.joined(separator: ".")
        }
        return path.map { step in
            step.reduce(into: "/") { text, character in
                switch character {
                case "~": text += "~0"
                case "/": text += "~1"
                default: text.append(character)
                }
            }
        }.joined()
    }
}
