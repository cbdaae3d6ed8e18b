package import GuildDomain

/// How what the rooms know is written in a document.

extension Timestamp: Encodable {
    /// RFC 3339 in UTC.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }
}

extension Identifier: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension TokenUsage: JSONShape {
    package var json: JSONValue {
        [
            "input": .integer(input), "cache_read": .integer(cacheRead), "cache_write": .integer(cacheWrite),
            "output": .integer(output), "reasoning": .integer(reasoning), "total": .integer(total),
        ]
    }
}
