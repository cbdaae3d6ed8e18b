import GuildDomain

/// A `ModelRequest` as the body of `POST /v1/messages` (Anthropic Messages API, version 2023-06-01).
struct AnthropicRequest {
    let request: ModelRequest
    let names: WireToolNames

    /// Marks the end of a prefix that the provider caches.
    private static let cacheMark: JSONValue = ["type": "ephemeral"]

    var body: JSONValue {
        var members: [(String, JSONValue)] = [
            ("model", .string(request.model)), ("max_tokens", .integer(request.outputLimit)),
            ("stream", true),
        ]
        if !isBlank(request.system) {
            members.append(
                ("system", [["type": "text", "text": .string(request.system), "cache_control": Self.cacheMark]]))
        }
        if !request.tools.isEmpty { members.append(("tools", .array(tools))) }
        members.append(("messages", .array(request.messages.compactMap(message))))
        return .object(JSONObject(members))
    }

    private var tools: [JSONValue] {
        request.tools.enumerated().map { index, tool in
            var members: [(String, JSONValue)] = [
                ("name", .string(names.wire(tool.name))), ("description", .string(tool.summary)),
                ("input_schema", tool.schema),
            ]
            if index == request.tools.count - 1 { members.append(("cache_control", Self.cacheMark)) }
            return .object(JSONObject(members))
        }
    }

    /// - Returns: nil for a message of which nothing may be sent: the API refuses empty content.
    private func message(_ message: ModelMessage) -> JSONValue? {
        // Tool results must precede every other block of their message.
        let content = message.content.filter(isToolResult) + message.content.filter { !isToolResult($0) }
        let blocks = content.compactMap(block)
        guard !blocks.isEmpty else { return nil }
        return ["role": .string(message.role.rawValue), "content": .array(blocks)]
    }

    private func block(_ content: ModelContent) -> JSONValue? {
        switch content {
        case .text(let text):
            return isBlank(text) ? nil : ["type": "text", "text": .string(text)]
        case .toolUse(let id, let name, let input):
            // The API accepts only a mapping; a model of another vendor may have written something else.
            let mapping: JSONValue = input.object == nil ? ["value": input] : input
            return ["type": "tool_use", "id": .string(id), "name": .string(names.wire(name)), "input": mapping]
        case .toolResult(let id, let content, let isError):
            var members: [(String, JSONValue)] = [("type", "tool_result"), ("tool_use_id", .string(id))]
            if !isBlank(content) { members.append(("content", .string(content))) }
            if isError { members.append(("is_error", true)) }
            return .object(JSONObject(members))
        case .reasoning(let value):
            // A block without a type is another vendor's reasoning (see OpenAIStream), which this one cannot read.
            return value["type"]?.string == nil ? nil : value
        }
    }

    private func isToolResult(_ content: ModelContent) -> Bool {
        if case .toolResult = content { true } else { false }
    }

    private func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
}
