package import GuildDomain

/// Why a document does not have the form that `ModelContent.document` writes.
package struct InvalidModelDocument: GuildError, Equatable {
    /// What is wrong, with its place.
    package let reason: String

    package var kind: ErrorKind { .failed }
    package var message: String { reason }
    package var hint: String? { nil }
}

extension ModelContent {
    /// The content as JSON, in no vendor's format, as in recordings.
    package var document: JSONValue {
        switch self {
        case .text(let text):
            ["type": "text", "text": .string(text)]
        case .toolUse(let id, let name, let input):
            ["type": "tool_use", "id": .string(id), "name": .string(name), "input": input]
        case .toolResult(let id, let content, let isError):
            ["type": "tool_result", "id": .string(id), "content": .string(content), "is_error": .bool(isError)]
        case .reasoning(let value):
            ["type": "reasoning", "value": value]
        }
    }

    /// Reads the form that `document` writes.
    package init(document: JSONValue) throws(InvalidModelDocument) {
        func text(_ key: String) throws(InvalidModelDocument) -> String {
            guard let value = document[key]?.string else {
                throw InvalidModelDocument(reason: "'\(key)' is missing or not a string")
            }
            return value
        }
        switch try text("type") {
        case "text":
            self = .text(try text("text"))
        case "tool_use":
            guard let input = document["input"] else { throw InvalidModelDocument(reason: "'input' is missing") }
            self = .toolUse(id: try text("id"), name: try text("name"), input: input)
        case "tool_result":
            self = .toolResult(
                id: try text("id"), content: try text("content"), isError: document["is_error"]?.bool ?? false)
        case "reasoning":
            guard let value = document["value"] else { throw InvalidModelDocument(reason: "'value' is missing") }
            self = .reasoning(value)
        case let other:
            throw InvalidModelDocument(
                reason: "unknown type '\(ProviderWords.excerpt(other, characters: 40))', expected text, tool_use, "
                    + "tool_result or reasoning")
        }
    }
}

extension ModelMessage {
    /// The message as JSON, in no vendor's format.
    package var document: JSONValue {
        ["role": .string(role.rawValue), "content": .array(content.map(\.document))]
    }

    /// Reads the form that `document` writes.
    package init(document: JSONValue) throws(InvalidModelDocument) {
        guard let role = document["role"]?.string.flatMap(Role.init) else {
            throw InvalidModelDocument(reason: "'role' must be user or assistant")
        }
        guard let parts = document["content"]?.array else {
            throw InvalidModelDocument(reason: "'content' is missing or not a list")
        }
        self.init(
            role: role,
            content: try parts.map { (part) throws(InvalidModelDocument) in try ModelContent(document: part) })
    }
}

extension ModelRequest {
    /// The request as JSON, for digest, estimate and recording.
    package var document: JSONValue {
        [
            "model": .string(model), "system": .string(system), "messages": .array(messages.map(\.document)),
            "tools": .array(
                tools.map { ["name": .string($0.name), "summary": .string($0.summary), "schema": $0.schema] }),
            "parameters": ["max_output_tokens": .integer(maxOutputTokens)],
        ]
    }
}

extension TokenUsage {
    /// The usage as JSON, one member for each class.
    package var document: JSONValue {
        [
            "input": .integer(input), "cache_read": .integer(cacheRead), "cache_write": .integer(cacheWrite),
            "output": .integer(output), "reasoning": .integer(reasoning),
        ]
    }

    /// A class that is not written is 0.
    package init(document: JSONValue) throws(InvalidModelDocument) {
        guard let members = document.object else {
            throw InvalidModelDocument(reason: "'usage' must be a mapping, found \(document.kindName)")
        }
        let known = ["input", "cache_read", "cache_write", "output", "reasoning"]
        if let stray = members.keys.first(where: { !known.contains($0) }) {
            throw InvalidModelDocument(
                reason: "unknown key 'usage.\(ProviderWords.excerpt(stray, characters: 40))', expected "
                    + known.joined(separator: ", "))
        }
        func count(_ key: String) throws(InvalidModelDocument) -> Int64 {
            guard let value = members[key] else { return 0 }
            guard let tokens = value.integer, tokens >= 0 else {
                throw InvalidModelDocument(reason: "'usage.\(key)' must be a whole number of tokens")
            }
            return tokens
        }
        self.init(
            input: try count("input"), cacheRead: try count("cache_read"), cacheWrite: try count("cache_write"),
            output: try count("output"), reasoning: try count("reasoning"))
    }
}
