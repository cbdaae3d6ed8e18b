import GuildDomain

/// A `ModelRequest` as the body of `POST /v1/chat/completions` (OpenAI Chat Completions, and compatible servers).
struct OpenAIRequest {
    let request: ModelRequest
    let names: WireToolNames
    let dialect: OpenAIDialect

    var body: JSONValue {
        var messages: [JSONValue] = []
        if !request.system.isEmpty {
            messages.append(["role": "system", "content": .string(request.system)])
        }
        for message in request.messages { messages += wire(message) }
        var members: [(String, JSONValue)] = [
            ("model", .string(request.model)),
            (dialect.limit.rawValue, .integer(request.outputLimit)), ("stream", true),
        ]
        if dialect.hasStreamOptions { members.append(("stream_options", ["include_usage": true])) }
        members.append(("messages", .array(messages)))
        if !request.tools.isEmpty { members.append(("tools", .array(request.tools.map(wire)))) }
        return .object(JSONObject(members))
    }

    private func wire(_ tool: ModelTool) -> JSONValue {
        [
            "type": "function",
            "function": [
                "name": .string(names.wire(tool.name)), "description": .string(tool.summary), "parameters": tool.schema,
            ],
        ]
    }

    private func wire(_ message: ModelMessage) -> [JSONValue] {
        switch message.role {
        case .user: user(message.content)
        case .assistant: assistant(message.content).map { [$0] } ?? []
        }
    }

    /// Tool results are messages of their own and have to follow the calls at once, so they come before the text.
    private func user(_ content: [ModelContent]) -> [JSONValue] {
        var messages: [JSONValue] = []
        for case .toolResult(let id, let result, let isError) in content {
            // The format has no flag for a failure, so the text says it.
            let text = isError ? "Error: \(result)" : result
            messages.append(["role": "tool", "tool_call_id": .string(id), "content": .string(text)])
        }
        let text = joinedText(content)
        if !text.isEmpty { messages.append(["role": "user", "content": .string(text)]) }
        return messages
    }

    private func assistant(_ content: [ModelContent]) -> JSONValue? {
        let text = joinedText(content)
        let echoes = dialect.takesReasoning ? reasoning(in: content) : []
        var calls: [JSONValue] = []
        for case .toolUse(let id, let name, let input) in content {
            var call: JSONObject = [
                "id": .string(id), "type": "function",
                "function": ["name": .string(names.wire(name)), "arguments": .string(input.text())],
            ]
            for case .extra(let extra, id) in echoes { call[OpenAIReasoning.extraField] = extra }
            calls.append(.object(call))
        }
        guard !text.isEmpty || !calls.isEmpty else { return nil }
        var members: [(String, JSONValue)] = [
            ("role", "assistant"), ("content", text.isEmpty ? .null : .string(text)),
        ]
        // The details contain the thoughts, and are checked against those that were sent.
        let details = echoes.compactMap { if case .details(let details) = $0 { details } else { nil } }.joined()
        if !details.isEmpty { members.append((OpenAIReasoning.detailsField, .array(Array(details)))) }
        if !calls.isEmpty {
            members.append(("tool_calls", .array(calls)))
            // Models that think between tool calls want those thoughts back, under the name they came with.
            for case .text(let field, let thought) in echoes where details.isEmpty {
                members.append((field, .string(thought)))
            }
        }
        return .object(JSONObject(members))
    }

    private func reasoning(in content: [ModelContent]) -> [OpenAIReasoning] {
        content.compactMap { if case .reasoning(let value) = $0 { OpenAIReasoning(value) } else { nil } }
    }

    private func joinedText(_ content: [ModelContent]) -> String {
        content.compactMap { part -> String? in
            if case .text(let text) = part, !text.isEmpty { text } else { nil }
        }.joined(separator: "\n\n")
    }
}
