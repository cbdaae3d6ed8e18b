package import GuildDomain

/// A parameter of a route; the listener refuses values that it does not allow, and `/openapi.json` describes it.
package struct APIParameter: Sendable {
    /// The part of the request that carries a parameter.
    package enum Place: String, Sendable { case query, path }

    /// The type of a parameter, with its bounds.
    package enum Kind: Sendable {
        /// Lengths in Unicode scalars, as JSON Schema counts.
        case text(length: ClosedRange<Int>)
        case integer(ClosedRange<Int64>)
        case choice([String])
    }

    /// The parameter's name.
    package let name: String
    /// The part of the request that carries it.
    package let place: Place
    package let kind: Kind
    package let description: String

    /// A parameter of the query.
    package static func query(_ name: String, _ kind: Kind, _ description: String) -> APIParameter {
        APIParameter(name: name, place: .query, kind: kind, description: description)
    }

    /// A parameter of the path.
    package static func path(_ name: String, _ kind: Kind, _ description: String) -> APIParameter {
        APIParameter(name: name, place: .path, kind: kind, description: description)
    }

    var schema: JSONValue {
        switch kind {
        case .text(let length):
            [
                "type": "string", "minLength": .integer(length.lowerBound), "maxLength": .integer(length.upperBound),
            ]
        case .integer(let range):
            ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        case .choice(let values): ["type": "string", "enum": .array(values.map { .string($0) })]
        }
    }

    /// Why the value is not allowed; nil if it is.
    func problem(with value: String) -> String? {
        switch kind {
        case .text(let length):
            length.contains(value.unicodeScalars.count)
                ? nil : "'\(name)' must have \(length.lowerBound) to \(length.upperBound) characters"
        case .integer(let range):
            Self.integer(value).map(range.contains) ?? false
                ? nil : "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let values):
            values.contains(value) ? nil : "'\(name)' must be one of \(values.joined(separator: ", "))"
        }
    }

    /// Plain digits with an optional minus; Swift alone would take a plus too.
    private static func integer(_ text: String) -> Int64? { text.hasPrefix("+") ? nil : Int64(text) }
}

/// The part of a request's body that a route reads.
package struct APIBody: Sendable {
    /// The accepted media types.
    package let contentTypes: [String]
    /// The JSON Schema of the body.
    package let schema: JSONValue
    /// Whether a request without a body is invalid.
    package let isRequired: Bool

    package init(_ contentTypes: [String] = ["application/json"], schema: JSONValue, isRequired: Bool = true) {
        self.contentTypes = contentTypes
        self.schema = schema
        self.isRequired = isRequired
    }
}

/// An answer that a route gives; those that the listener itself gives need no mention.
package struct APIAnswer: Sendable {
    /// The HTTP status.
    package let status: Int
    package let description: String
    /// Nil if there is none, or if it is a problem (RFC 9457).
    package let schema: JSONValue?

    package init(_ status: Int, _ description: String, schema: JSONValue? = nil) {
        self.status = status
        self.description = description
        self.schema = schema
    }
}

/// Pieces of JSON Schema (2020-12), as OpenAPI 3.1 takes it.
package enum APISchema {
    /// A text.
    package static let text: JSONValue = ["type": "string"]
    /// A text or null.
    package static let optionalText: JSONValue = ["type": ["string", "null"]]
    /// An RFC 3339 instant.
    package static let time: JSONValue = ["type": "string", "format": "date-time"]
    /// An RFC 3339 instant or null.
    package static let optionalTime: JSONValue = ["type": ["string", "null"], "format": "date-time"]
    /// A whole number from 0.
    package static let count: JSONValue = ["type": "integer", "minimum": 0]
    /// True or false.
    package static let flag: JSONValue = ["type": "boolean"]
    /// A list of texts.
    package static let texts: JSONValue = list(of: text)

    /// A list of the given items.
    package static func list(of item: JSONValue) -> JSONValue { ["type": "array", "items": item] }

    /// The given schema or null.
    package static func optional(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }

    /// One of the given texts.
    package static func choice(_ values: [String]) -> JSONValue {
        ["type": "string", "enum": .array(values.map { .string($0) })]
    }

    /// A mapping with exactly these members.
    ///
    /// - Parameter optional: those that may be absent.
    package static func object(_ members: [(String, JSONValue)], optional: Set<String> = []) -> JSONValue {
        [
            "type": "object", "properties": .object(JSONObject(members)),
            "required": .array(members.map(\.0).filter { !optional.contains($0) }.map { .string($0) }),
            "additionalProperties": false,
        ]
    }
}
