extension EventPatternParser {
    static let operators = [
        "prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "exists", "numeric", "cidr", "exactly",
    ]
    static let comparisons = ["=", ">", ">=", "<", "<="]

    /// - Returns: nil for `{exists: false}`.
    mutating func test(_ value: JSONValue, place: String) throws(Problem) -> ValueTest? {
        switch value {
        case .null, .bool, .number: return .equals(value)
        case .string(let text):
            try checkLength(text, place)
            return .equals(value)
        case .array: throw problem(place, "found a list within the list of values")
        case .object(let object):
            guard let member = object.members.first, object.count == 1 else {
                throw problem(place, "an operator is a mapping of exactly one key, found \(object.count)")
            }
            return try operation(member.key, member.value, place: "\(place).\(member.key)", outer: place)
        }
    }

    private mutating func operation(
        _ name: String, _ operand: JSONValue, place: String, outer: String
    ) throws(Problem) -> ValueTest? {
        switch name {
        case "exactly": return .equals(.string(try text(operand, place)))
        case "prefix", "suffix": return try affix(name, operand, place)
        case "equals-ignore-case": return .caseless(CaselessTest(try text(operand, place), .whole))
        case "wildcard": return .wildcard(try wildcard(operand, place))
        case "anything-but": return .noneOf(try anythingBut(operand, place))
        case "numeric": return .numeric(try numeric(operand, place))
        case "cidr":
            let written = try text(operand, place)
            guard let block = AddressBlock(written) else {
                throw problem(place, "'\(written)' is not a block of addresses such as 10.0.0.0/8 or 2001:db8::/32")
            }
            return .address(block, text: written)
        case "exists":
            guard let wanted = operand.bool else {
                throw problem(place, "found \(operand.kindName), expected true or false")
            }
            return wanted ? .present : nil
        default:
            throw problem(
                outer, "'\(name)' is not an operator; there are \(Self.operators.dropLast().joined(separator: ", "))",
                suggestion: NearestName.of(name, in: Self.operators))
        }
    }

    private func text(_ value: JSONValue, _ place: String) throws(Problem) -> String {
        guard case .string(let text) = value else {
            throw problem(place, "found \(value.kindName), expected a string")
        }
        try checkLength(text, place)
        return text
    }

    private func checkLength(_ text: String, _ place: String) throws(Problem) {
        guard text.utf8.count <= Limit.valueBytes else { throw problem(place, "is over \(Limit.valueBytes) bytes") }
    }

    private func affix(_ name: String, _ operand: JSONValue, _ place: String) throws(Problem) -> ValueTest {
        guard case .object(let object) = operand else {
            let text = try text(operand, place)
            return name == "prefix" ? .prefix(text) : .suffix(text)
        }
        guard let member = object.members.first, object.count == 1, member.key == "equals-ignore-case" else {
            throw problem(place, "takes a string or {\"equals-ignore-case\": …}")
        }
        let text = try text(member.value, "\(place).\(member.key)")
        return .caseless(CaselessTest(text, name == "prefix" ? .prefix : .suffix))
    }

    private func wildcard(_ operand: JSONValue, _ place: String) throws(Problem) -> WildcardTest {
        let written = try text(operand, place)
        do {
            return try WildcardTest(written)
        } catch {
            switch error {
            case .consecutive: throw problem(place, "has two '*' in a row; one means the same")
            case .tooMany: throw problem(place, "has more than \(Limit.wildcards) '*'")
            case .badEscape: throw problem(place, "a backslash is allowed only before '*' or another backslash")
            }
        }
    }

    // MARK: - anything-but

    private mutating func anythingBut(_ operand: JSONValue, _ place: String) throws(Problem) -> [ValueTest] {
        guard case .object(let object) = operand else { return try excludedScalars(operand, place) }
        guard let member = object.members.first, object.count == 1 else {
            throw problem(place, "takes a value, a list of values, or one operator")
        }
        let inner = "\(place).\(member.key)"
        var tests: [ValueTest] = []
        for text in try excluded(member.value, inner) {
            switch member.key {
            case "prefix", "suffix":
                guard text != "" else { throw problem(inner, "is empty, which excludes every text") }
                tests.append(try affix(member.key, text, inner))
            case "equals-ignore-case": tests.append(.caseless(CaselessTest(try self.text(text, inner), .whole)))
            case "wildcard": tests.append(.wildcard(try wildcard(text, inner)))
            default:
                let nested = ["prefix", "suffix", "equals-ignore-case", "wildcard"]
                throw problem(
                    place, "cannot hold '\(member.key)'; it takes \(nested.joined(separator: ", "))",
                    suggestion: NearestName.of(member.key, in: nested))
            }
        }
        return tests
    }

    private mutating func excludedScalars(_ operand: JSONValue, _ place: String) throws(Problem) -> [ValueTest] {
        let scalars = try excluded(operand, place)
        let strings = scalars.count { $0.string != nil }
        guard strings == 0 || strings == scalars.count else {
            throw problem(place, "mixes strings and numbers; it takes only the one or only the other")
        }
        return scalars.map { .equals($0) }
    }

    /// The values of an exclusion: one or a list, each a string or a number.
    private mutating func excluded(_ operand: JSONValue, _ place: String) throws(Problem) -> [JSONValue] {
        let scalars = operand.array ?? [operand]
        guard !scalars.isEmpty else { throw problem(place, "has an empty list") }
        values += scalars.count
        try checkValues(place)
        for scalar in scalars {
            switch scalar {
            case .string(let text): try checkLength(text, place)
            case .number: break
            case .null, .bool, .array, .object:
                throw problem(place, "found \(scalar.kindName), expected strings or numbers")
            }
        }
        return scalars
    }

    // MARK: - numeric

    private func numeric(_ operand: JSONValue, _ place: String) throws(Problem) -> NumericRange {
        guard case .array(let terms) = operand, terms.count == 2 || terms.count == 4 else {
            throw problem(place, "takes a list such as [\">\", 0] or [\">\", 0, \"<=\", 5]")
        }
        let first = try comparison(terms[0], terms[1], place)
        guard terms.count == 4 else {
            let bound = NumericRange.Bound(number: first.number, isIncluded: first.sign.hasSuffix("="))
            return NumericRange(
                lower: first.sign.hasPrefix("<") ? nil : bound, upper: first.sign.hasPrefix(">") ? nil : bound)
        }
        let second = try comparison(terms[2], terms[3], place)
        guard first.sign.hasPrefix(">"), second.sign.hasPrefix("<") else {
            throw problem(place, "a range gives its lower bound first: [\">\", 0, \"<=\", 5]")
        }
        let range = NumericRange(
            lower: NumericRange.Bound(number: first.number, isIncluded: first.sign.hasSuffix("=")),
            upper: NumericRange.Bound(number: second.number, isIncluded: second.sign.hasSuffix("=")))
        guard !range.isEmpty else { throw problem(place, "no number is \(range.description)") }
        return range
    }

    private func comparison(
        _ sign: JSONValue, _ operand: JSONValue, _ place: String
    ) throws(Problem) -> (sign: String, number: JSONNumber) {
        guard let sign = sign.string, Self.comparisons.contains(sign) else {
            throw problem(place, "expected one of \(Self.comparisons.joined(separator: " ")), found \(sign.text())")
        }
        guard case .number(let number) = operand else {
            throw problem(place, "'\(sign)' needs a number, found \(operand.kindName)")
        }
        return (sign, number)
    }
}
