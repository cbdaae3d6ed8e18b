import GuildDomain

/// One argument of an operation and its JSON Schema.
struct ArgumentSchema: Sendable {
    let name: String
    let schema: JSONValue

    static func text(_ name: String, _ summary: String, longest: Int64, shortest: Int64 = 1) -> ArgumentSchema {
        ArgumentSchema(
            name: name,
            schema: [
                "type": "string", "description": .string(summary), "minLength": .integer(shortest),
                "maxLength": .integer(longest),
            ])
    }

    /// A whole number from 1.
    static func integer(_ name: String, _ summary: String, maximum: Int64) -> ArgumentSchema {
        ArgumentSchema(
            name: name,
            schema: [
                "type": "integer", "description": .string(summary), "minimum": 1, "maximum": .integer(maximum),
            ])
    }

    /// A list of texts.
    static func texts(
        _ name: String, _ summary: String, longest: Int64, most: Int, fewest: Int64 = 1
    ) -> ArgumentSchema {
        ArgumentSchema(
            name: name,
            schema: [
                "type": "array", "description": .string(summary), "minItems": .integer(fewest),
                "maxItems": .integer(Int64(most)),
                "items": ["type": "string", "minLength": 1, "maxLength": .integer(longest)],
            ])
    }

    static func choice(_ name: String, _ values: [String]) -> ArgumentSchema {
        ArgumentSchema(
            name: name, schema: ["type": "string", "enum": .array(values.map { .string($0) })])
    }
}

extension [ArgumentSchema] {
    /// The schema of all arguments together.
    func schema(required: [String]) -> JSONValue {
        [
            "type": "object", "properties": .object(JSONObject(map { ($0.name, $0.schema) })),
            "required": .array(required.map { .string($0) }), "additionalProperties": false,
        ]
    }
}
