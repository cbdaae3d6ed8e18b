import GuildDomain
import GuildHTTP

/// OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat).
struct OpenAIWire: ModelWire {
    let name = "openai"

    func call(_ request: Request) throws -> ModelCall { try OpenAIRequest(request).call }

    func headers(serial: Int) -> Headers {
        ["x-request-id": "req_standin\(serial)", "openai-version": "2020-10-01", "openai-organization": "standin"]
    }

    func refusal(_ refusal: WireRefusal, serial: Int) -> Reply {
        let kind = refusal.kind ?? Self.kind(of: refusal.status)
        let error: JSONValue = [
            "message": .string(refusal.message), "type": .string(kind),
            "param": refusal.parameter.map { .string($0) } ?? .null, "code": refusal.code.map { .string($0) } ?? .null,
        ]
        return .json(["error": error], status: refusal.status, headers: headers(serial: serial))
    }

    private static func kind(of status: Int) -> String {
        switch status {
        case 429: "rate_limit_exceeded"
        case 500...599: "server_error"
        default: "invalid_request_error"
        }
    }

    func whole(_ reply: ModelReply) -> JSONValue {
        let (text, tools) = parts(of: reply)
        var message: JSONObject = [
            "role": "assistant", "content": text.isEmpty && !tools.isEmpty ? .null : .string(text), "refusal": .null,
            "annotations": [],
        ]
        if !tools.isEmpty {
            message["tool_calls"] = .array(tools.map { Self.toolCall($0, arguments: $0.input.text()) })
        }
        let choice: JSONValue = [
            "index": 0, "message": .object(message), "logprobs": .null, "finish_reason": .string(finish(reply)),
        ]
        return .object(
            JSONObject(frame(reply, "chat.completion", choices: [choice]) + [("usage", usage(reply))]))
    }

    func events(_ reply: ModelReply) -> [[UInt8]] {
        let (text, tools) = parts(of: reply)
        var deltas: [JSONValue] = [["role": "assistant", "content": "", "refusal": .null]]
        deltas += ModelReply.pieces(of: text).map { ["content": .string($0)] }
        for (index, tool) in tools.enumerated() {
            let position = ("index", JSONValue.integer(index))
            var start = Self.toolCall(tool, arguments: "").object?.members.map { ($0.key, $0.value) } ?? []
            start.insert(position, at: 0)
            deltas.append(["tool_calls": [.object(JSONObject(start))]])
            deltas += ModelReply.pieces(of: tool.input.text()).map { piece in
                let part = [position, ("function", ["arguments": .string(piece)])]
                return ["tool_calls": [.object(JSONObject(part))]]
            }
        }
        let usageField: [(String, JSONValue)] = reply.call.includesUsage ? [("usage", .null)] : []
        let ends = Array(repeating: JSONValue.null, count: deltas.count) + [.string(finish(reply))]
        var events = zip(deltas + [[:]], ends).map { delta, end -> [UInt8] in
            let choice: JSONValue = ["index": 0, "delta": delta, "logprobs": .null, "finish_reason": end]
            let chunk = frame(reply, "chat.completion.chunk", choices: [choice]) + usageField
            return JSONValue.object(JSONObject(chunk)).event()
        }
        if reply.call.includesUsage {
            let last = frame(reply, "chat.completion.chunk", choices: []) + [("usage", usage(reply))]
            events.append(JSONValue.object(JSONObject(last)).event())
        }
        return events + [Array("data: [DONE]\n\n".utf8)]
    }

    private struct Tool {
        let serial: Int
        let name: String
        let input: JSONValue
    }

    private func parts(of reply: ModelReply) -> (text: String, tools: [Tool]) {
        var text: String = ""
        var tools: [Tool] = []
        for block in reply.blocks {
            switch block {
            case .text(let words): text += words
            case .tool(let serial, let name, let input): tools.append(Tool(serial: serial, name: name, input: input))
            }
        }
        return (text, tools)
    }

    private static func toolCall(_ tool: Tool, arguments: String) -> JSONValue {
        [
            "id": .string("call_standin\(tool.serial)"), "type": "function",
            "function": ["name": .string(tool.name), "arguments": .string(arguments)],
        ]
    }

    private func frame(_ reply: ModelReply, _ object: String, choices: [JSONValue]) -> [(String, JSONValue)] {
        [
            ("id", .string("chatcmpl-standin\(reply.serial)")), ("object", .string(object)),
            ("created", .integer(reply.created)), ("model", .string(reply.call.model)),
            ("service_tier", "default"), ("system_fingerprint", "fp_standin"), ("choices", .array(choices)),
        ]
    }

    private func finish(_ reply: ModelReply) -> String {
        switch reply.stop {
        case .endTurn, .stopSequence: "stop"
        case .toolUse: "tool_calls"
        case .maxTokens: "length"
        case .refusal: "content_filter"
        }
    }

    /// The prompt includes tokens read from the cache; the completion includes reasoning.
    private func usage(_ reply: ModelReply) -> JSONValue {
        let prompt = reply.inputTokens.addingSaturated(reply.cacheRead)
        let completion = reply.outputTokens.addingSaturated(reply.reasoning)
        return [
            "prompt_tokens": .integer(prompt), "completion_tokens": .integer(completion),
            "total_tokens": .integer(prompt.addingSaturated(completion)),
            "prompt_tokens_details": ["cached_tokens": .integer(reply.cacheRead), "audio_tokens": 0],
            "completion_tokens_details": [
                "reasoning_tokens": .integer(reply.reasoning), "audio_tokens": 0, "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            ],
        ]
    }
}
