/// A bounded validator for the part of JSON Schema (draft 2020-12) that tool arguments and outputs use.
///
/// `type`, `enum`, `const`; `properties`, `required`, `additionalProperties`, `minProperties`, `maxProperties`;
/// `items`, `prefixItems`, `minItems`, `maxItems`, `uniqueItems`; `minLength`, `maxLength`; `minimum`, `maximum`,
/// `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf` (a whole number); `anyOf`, `oneOf`, `allOf`, `not`; `$ref` to
/// `#` or into `#/$defs/` (or the older `#/definitions/`). Annotations are ignored; other validating keywords are refused.
package struct JSONSchema: Sendable, Hashable {
    /// How large a schema, and the work of one validation, may be.
    package enum Limit {
        /// Schemas within schemas, counted by their path.
        package static let depth = 64
        /// The most schemas within one document.
        package static let nodes = 4096
        /// Values of one `enum`.
        package static let enumeration = 4096
        /// The most violations that are reported.
        package static let violations = 20
        /// Schemas applied to values in one validation.
        package static let steps = 200_000
        /// Schemas applied within each other in one validation.
        package static let nesting = 256
    }

    /// Where and why a schema was refused.
    package struct Problem: GuildError, Equatable {
        /// A JSON Pointer into the schema.
        package let location: String
        /// What is wrong there.
        package let reason: String

        package var kind: ErrorKind { .invalidCodex }
        package var message: String { "JSON Schema at '#\(location)': \(reason)" }
        package var hint: String? { nil }
    }

    /// One thing wrong with a value.
    package struct Violation: Sendable, Hashable, CustomStringConvertible {
        /// A JSON Pointer into the value; empty for the whole of it.
        package let location: String
        package let message: String

        package var description: String { location.isEmpty ? message : "\(location): \(message)" }
    }

    let nodes: [Node]
    let root: Int

    /// Compiles a schema.
    package init(parsing json: JSONValue) throws(Problem) {
        var parser = JSONSchemaParser()
        root = try parser.parse(json)
        nodes = parser.nodes
    }

    /// The violations in `value`, in the order of the schema; empty when it is valid. At most `Limit.violations`.
    package func problems(in value: JSONValue) -> [Violation] {
        JSONSchemaCheck.violations(of: root, in: nodes, value: value)
    }

    /// Whether the value has no violation.
    package func accepts(_ value: JSONValue) -> Bool { problems(in: value).isEmpty }

    /// One schema; references to others are indices into `nodes`.
    struct Node: Sendable, Hashable {
        /// False for the schema `false`, which no value satisfies.
        var isSatisfiable = true
        var types: [Kind] = []
        var constant: JSONValue?
        /// Normalised; nil if there is no `enum`.
        var enumeration: [JSONValue]?

        var properties: [String: Int] = [:]
        /// In the order of the schema, for messages.
        var propertyNames: [String] = []
        var required: [String] = []
        var additionalProperties: Int?
        var propertyCount = Count()

        var prefixItems: [Int] = []
        var items: Int?
        var itemCount = Count()
        var hasUniqueItems = false

        var length = Count()
        var minimum: JSONNumber?
        var maximum: JSONNumber?
        var exclusiveMinimum: JSONNumber?
        var exclusiveMaximum: JSONNumber?
        var divisor: Int64?

        var reference: Int?
        var allOf: [Int] = []
        var anyOf: [Int] = []
        var oneOf: [Int] = []
        var not: Int?

        /// The schemas that apply to the very value that this one applies to.
        var inPlace: [Int] { allOf + anyOf + oneOf + [not, reference].compactMap(\.self) }
    }

    /// A count's inclusive bounds.
    struct Count: Sendable, Hashable {
        var minimum: Int64?
        var maximum: Int64?
    }

    enum Kind: String, Sendable, CaseIterable {
        case null, boolean, integer, number, string, array, object

        func accepts(_ value: JSONValue) -> Bool {
            switch (self, value) {
            case (.null, .null), (.boolean, .bool), (.number, .number), (.string, .string), (.array, .array),
                (.object, .object):
                true
            case (.integer, .number(let number)): number.isWhole
            default: false
            }
        }

        /// As `JSONValue.kindName` says it.
        var inWords: String {
            switch self {
            case .null: "null"
            case .boolean: "a boolean"
            case .integer: "a whole number"
            case .number: "a number"
            case .string: "a string"
            case .array: "a list"
            case .object: "a mapping"
            }
        }
    }
}

extension JSONValue {
    /// The document with the members of each object sorted and the last of each key, so that equality is JSON Schema's.
    func normalised() -> JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map { $0.normalised() })
        case .object(let object):
            let last = Dictionary(object.members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
            return .object(JSONObject(last.sorted { $0.key < $1.key }.map { ($0.key, $0.value.normalised()) }))
        case .null, .bool, .number, .string: return self
        }
    }
}
