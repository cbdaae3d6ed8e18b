/// The values that calls of one operation can have under a name in conditions, and so the tests of it that can ever
/// hold.
package struct ConditionValue: Sendable, Hashable {
    /// Of one value: of the argument, or of an element of its list.
    private let schema: JSONValue
    private let comparison: FieldComparison
    /// The system's spelling; nil if it is not a container.
    private let form: ContainerForm?

    /// The operation's values under that name; none if it has none.
    package static func all(named name: String, in operation: Operation) -> [ConditionValue] {
        let fields = operation.fields.filter { $0.names.contains(name) }
        guard fields.isEmpty else {
            return fields.map { ConditionValue(argument: $0.argument, comparison: $0.comparison, in: operation) }
        }
        guard operation.schema["properties"]?[name] != nil else { return [] }
        return [ConditionValue(argument: name, comparison: .exact, in: operation)]
    }

    /// All names that conditions may use in the operation.
    package static func names(in operation: Operation) -> [String] {
        operation.fields.flatMap(\.names) + (operation.schema["properties"]?.object?.members.map(\.key) ?? [])
    }

    /// The values of an event's attribute; nil for the payload and for extensions that senders add.
    package static func ofEvents(_ name: String) -> ConditionValue? {
        switch name {
        case "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "system", "guildevent",
            "chapter", "traceparent", "causationid", "rootid":
            ConditionValue(schema: ["type": "string"])
        case "priority":
            ConditionValue(
                schema: ["type": "string", "enum": .array(Priority.allCases.map { .string($0.name) })])
        case "hop": ConditionValue(schema: ["type": "integer", "minimum": 0])
        case "guildown": ConditionValue(schema: ["type": "boolean"])
        default: nil
        }
    }

    private init(schema: JSONValue) {
        self.schema = schema
        comparison = .exact
        form = nil
    }

    /// - Parameter argument: nil is text that is derived from others.
    private init(argument: String?, comparison: FieldComparison, in operation: Operation) {
        let written = argument.map { operation.schema["properties"]?[$0] ?? [:] } ?? ["type": "string"]
        schema = written["type"] == "array" ? written["items"] ?? [:] : written
        self.comparison = comparison
        form =
            if case .container(argument, let form, _) = operation.reach { form } else { nil }
    }

    /// False if a value may be a mapping, or anything.
    package var isScalar: Bool { isText || isNumber || schema["type"] == "boolean" }

    /// Whether some value passes the test.
    package func canPass(_ test: ValueTest) -> Bool {
        guard isScalar else { return true }
        let test = test.mapped(comparison.normalised)
        return switch test {
        case .equals(.string(let text)): isText && accepts(text)
        // An invalid schema is a bug of ours; then nothing is known.
        case .equals(let value): (try? JSONSchema(parsing: schema).accepts(value)) ?? true
        case .numeric(let range): isNumber && range.overlaps(bound("minimum"), bound("maximum"))
        case .prefix(let text), .suffix(let text): isText && hasOption(test) && canContain(text)
        case .wildcard(let wildcard):
            isText && hasOption(test) && canContain(String(wildcard.text.filter { $0 != "*" && $0 != "\\" }))
        case .caseless(let caseless):
            isText && hasOption(test)
                && (caseless.place == .whole ? isName(caseless.pattern.text) : canContain(caseless.pattern.text))
        case .address: isText && hasOption(test) && form == nil
        case .present: true
        // Excluding an impossible value excludes nothing.
        case .noneOf(let tests): tests.allSatisfy(canPass)
        }
    }

    /// In words, for a sentence that begins with "expected".
    package var description: String {
        if let options { return "one of " + options.joined(separator: ", ") }
        if let form { return form.shown }
        if isText { return lengths.minimum.map { $0 > 1 ? "text of at least \($0) characters" : "text" } ?? "text" }
        guard isNumber else { return "true or false" }
        let bounds = [bound("minimum").map { "from \($0)" }, bound("maximum").map { "to \($0)" }].compactMap(\.self)
        return (["a number"] + bounds).joined(separator: " ")
    }

    /// The likely intention of a test that cannot pass; nil if there is no guess.
    package func suggestion(for test: ValueTest) -> String? {
        switch test {
        case .equals(.string(let text)):
            if isNumber { return JSONNumber(text).map(\.description) }
            if let options { return NearestName.of(text, in: options) }
            return form.flatMap { form in
                text.firstIndex(of: ":").map { text[text.index(after: $0)...] }
                    .flatMap { form.canonical(String($0)) }
            }
        case .equals(let value) where isText && form == nil && options == nil:
            return value.isNull ? nil : JSONValue.string(value.text()).text()
        case .noneOf(let tests): return tests.first { !canPass($0) }.flatMap { suggestion(for: $0) }
        default: return nil
        }
    }

    // MARK: The schema

    private var isText: Bool { schema["type"] == "string" }
    private var isNumber: Bool { schema["type"] == "integer" || schema["type"] == "number" }
    /// All values that there are, if they are listed.
    private var options: [String]? { schema["enum"]?.array?.compactMap(\.string) }
    private var lengths: (minimum: Int64?, maximum: Int64?) {
        (schema["minLength"]?.integer, schema["maxLength"]?.integer)
    }

    private func bound(_ name: String) -> JSONNumber? {
        if case .number(let number) = schema[name] { number } else { nil }
    }

    private func accepts(_ text: String) -> Bool {
        guard options == nil else { return hasOption(.equals(.string(text))) }
        let length = Int64(text.unicodeScalars.count)
        return length >= lengths.minimum ?? 0 && length <= lengths.maximum ?? .max
            && isName(text)
    }

    private func isName(_ text: String) -> Bool { form.map { $0.canonical(text) != nil } ?? true }

    private func hasOption(_ test: ValueTest) -> Bool {
        options.map { $0.contains { test.accepts(.string(comparison.normalised($0))) } } ?? true
    }

    private func canContain(_ part: String) -> Bool { form.map { $0.canContain(part) } ?? true }
}

extension [ConditionValue] {
    /// The problem with each test that none of these values can pass.
    package func objections(
        to tests: [ValueTest], of name: String
    ) -> [(found: String, expected: String, suggestion: String?)] {
        tests.filter { test in !contains { $0.canPass(test) } }.map { test in
            (
                found: "\(test.description) is not a value that '\(name)' can have",
                expected: Set(map(\.description)).sorted().joined(separator: " or "),
                suggestion: lazy.compactMap { $0.suggestion(for: test) }.first
            )
        }
    }
}

extension NumericRange {
    /// Whether a number within the bounds, both of which belong to them, is in the range.
    fileprivate func overlaps(_ minimum: JSONNumber?, _ maximum: JSONNumber?) -> Bool {
        if let lower, let maximum, lower.isIncluded ? lower.number > maximum : lower.number >= maximum { return false }
        if let upper, let minimum, upper.isIncluded ? upper.number < minimum : upper.number <= minimum { return false }
        return true
    }
}
