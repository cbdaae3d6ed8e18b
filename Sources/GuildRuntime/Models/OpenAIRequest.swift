import GuildDomain

/// A `ModelRequest` as the body of `POST /v1/chat/completions` (OpenAI Chat Completions, and what is compatible).
struct OpenAIRequest {
    let request: ModelRequest
    let names: WireToolNames
    /// OpenAI itself refuses `max_tokens` for its newer models; compatible servers know only that.
    let isOpenAI: Bool

    var body: JSONValue {
        var messages: [JSONValue] = []
        if !request.system.isEmpty {
            messages.append(["role": "system", "content": .string(request.system)])
        }
        for message in request.messages { messages += wire(message) }
        var members: [(String, JSONValue)] = [
            ("model", .string(request.model)),
            (isOpenAI ? "max_completion_tokens" : "max_tokens", .integer(request.outputLimit)),
            ("stream", true), ("stream_options", ["include_usage": true]), ("messages", .array(messages)),
        ]
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
        var calls: [JSONValue] = []
        for case .toolUse(let id, let name, let input) in content {
            calls.append([
                "id": .string(id), "type": "function",
                "function": ["name": .string(names.wire(name)), "arguments": .string(input.text())],
            ])
        }
        guard !text.isEmpty || !calls.isEmpty else { return nil }
        var members: [(String, JSONValue)] = [
            ("role", "assistant"), ("content", text.isEmpty ? .null : .string(text)),
        ]
        if !calls.isEmpty {
            members.append(("tool_calls", .array(calls)))
            // Models that think between tool calls want those thoughts back, under the name they came with.
            for case .reasoning(let value) in content where !isOpenAI {
                guard let (field, thought) = OpenAIReasoning.read(value) else { continue }
                members.append((field, .string(thought)))
            }
        }
        return .object(JSONObject(members))
    }

    private func joinedText(_ content: [ModelContent]) -> String {
        content.compactMap { part -> String? in
            if case .text(let text) = part, !text.isEmpty { text } else { nil }
        }.joined(separator: "\n\n")
    }
}

/// The reasoning text of a compatible server, kept with the name of the field it came in.
///
/// It has no `type`, so that it is never taken for a block of Anthropic's.
enum OpenAIReasoning {
    /// DeepSeek and vLLM; OpenRouter and Ollama.
    static let fields = ["reasoning_content", "reasoning"]

    static func value(field: String, text: String) -> JSONValue { ["field": .string(field), "text": .string(text)] }

    static func read(_ value: JSONValue) -> (field: String, text: String)? {
        guard let field = value["field"]?.string, fields.contains(field), let text = value["text"]?.string else {
            return nil
        }
        return (field, text)
    }
}
