/// What is written as JSON in one shape, whoever shows it; so it can be a member of any document that is encoded.
package protocol JSONShape: Encodable {
    var json: JSONValue { get }
}

extension JSONShape {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(json)
    }
}

extension JSONValue: Encodable {
    /// An encoder that knows this type takes the value as it is; to another one it is its text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text())
    }
}
