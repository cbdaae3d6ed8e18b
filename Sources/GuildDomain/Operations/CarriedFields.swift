/// The fields of one call, by the names that policies use, as its system will read them.
///
/// A value may have several forms: as written, and as shown. A condition holds if it holds for any of them, so that a
/// doubtful call waits for a person.
package struct CarriedFields: Sendable {
    private var document: JSONObject
    private var comparisons: [String: FieldComparison] = [:]
    private var carried: Set<String> = []
    private var uncertain: Set<String> = []

    /// - Parameter arguments: stay available under their own names, for conditions on arguments that are not fields.
    package init(arguments: JSONValue) { document = arguments.object ?? [:] }

    /// Adds the value of each field's argument, with the forms that `forms` returns for each text.
    package init(
        _ fields: [OperationField], of arguments: JSONValue, forms: (OperationField, String) -> [String] = { [$1] }
    ) {
        self.init(arguments: arguments)
        for field in fields {
            guard let argument = field.argument, let value = arguments[argument] else { continue }
            let values = (value.array ?? [value]).flatMap { element -> [JSONValue] in
                guard let text = element.string else { return [element] }
                return forms(field, text).map { .string($0) }
            }
            carry(field, values)
        }
    }

    /// - Parameter isWhole: false if there was more than could be listed; then every condition on the field holds.
    package mutating func carry(_ field: OperationField, _ values: [JSONValue], isWhole: Bool = true) {
        guard !values.isEmpty || !isWhole else { return }
        var seen: Set<JSONValue> = []
        let normalised = values.map { value in
            value.string.map { .string(field.comparison.normalised($0)) } ?? value
        }.filter { seen.insert($0).inserted }
        carried.formUnion(field.names)
        for name in field.names {
            document[name] = .array(normalised)
            comparisons[name] = field.comparison
            if !isWhole { uncertain.insert(name) }
        }
    }

    /// Whether the call has anything in the field of that name, the canonical one or another.
    package func carries(_ name: String) -> Bool { carried.contains(name) }

    /// Whether a condition holds, its texts compared as the system compares them.
    package func satisfies(_ condition: EventPattern) -> Bool {
        let used = condition.firstSteps
        guard uncertain.isDisjoint(with: used) else { return true }
        let pattern = condition.mapped { [comparisons] name in
            comparisons[name].map { comparison in { comparison.normalised($0) } }
        }
        return pattern.matches(.object(document))
    }
}
