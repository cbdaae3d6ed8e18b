import GuildDomain
import GuildHTTP

/// Anthropic's Messages API (https://docs.anthropic.com/en/api/messages).
struct AnthropicWire: ModelWire {
    let name = "anthropic"

    func call(_ request: Request) throws -> ModelCall { try AnthropicRequest(request, isCount: false).call }

    func headers(serial: Int) -> Headers {
        ["request-id": "req_standin\(serial)", "anthropic-organization-id": "org-standin"]
    }

    func refusal(_ refusal: WireRefusal, serial: Int) -> Reply {
        let kind = refusal.kind ?? Self.kind(of: refusal.status)
        return .json(
            [
                "type": "error", "error": ["type": .string(kind), "message": .string(refusal.message)],
                "request_id": .string("req_standin\(serial)"),
            ], status: refusal.status, headers: headers(serial: serial))
    }

    private static func kind(of status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 400...499: "invalid_request_error"
        default: "api_error"
        }
    }

    func whole(_ reply: ModelReply) -> JSONValue {
        let blocks = reply.blocks.map { block -> JSONValue in
            switch block {
            case .text(let text): ["type": "text", "text": .string(text)]
            case .tool(let serial, let name, let input):
                ["type": "tool_use", "id": .string(Self.toolID(serial)), "name": .string(name), "input": input]
            }
        }
        return message(reply, content: blocks, stop: .string(reply.stop.rawValue), output: reply.outputTokens)
    }

    func events(_ reply: ModelReply) -> [[UInt8]] {
        let start: JSONValue = [
            "type": "message_start", "message": message(reply, content: [], stop: .null, output: 1),
        ]
        var events = [start.event("message_start")]
        for (index, block) in reply.blocks.enumerated() {
            events += Self.events(of: block, at: index)
            if index == 0 { events.insert((["type": "ping"] as JSONValue).event("ping"), at: 2) }
        }
        let delta: JSONValue = [
            "type": "message_delta",
            "delta": ["stop_reason": .string(reply.stop.rawValue), "stop_sequence": .null],
            "usage": usage(reply, output: reply.outputTokens),
        ]
        events.append(delta.event("message_delta"))
        events.append((["type": "message_stop"] as JSONValue).event("message_stop"))
        return events
    }

    private static func events(of block: ModelReply.Block, at index: Int) -> [[UInt8]] {
        let (start, deltas): (JSONValue, [JSONValue])
        switch block {
        case .text(let text):
            start = ["type": "text", "text": ""]
            deltas = ModelReply.pieces(of: text).map { ["type": "text_delta", "text": .string($0)] }
        case .tool(let serial, let name, let input):
            start = ["type": "tool_use", "id": .string(toolID(serial)), "name": .string(name), "input": [:]]
            deltas = ([""] + ModelReply.pieces(of: input.text())).map {
                ["type": "input_json_delta", "partial_json": .string($0)]
            }
        }
        let position = JSONValue.integer(index)
        let first: JSONValue = ["type": "content_block_start", "index": position, "content_block": start]
        let last: JSONValue = ["type": "content_block_stop", "index": position]
        let between = deltas.map { delta -> [UInt8] in
            let event: JSONValue = ["type": "content_block_delta", "index": position, "delta": delta]
            return event.event("content_block_delta")
        }
        return [first.event("content_block_start")] + between + [last.event("content_block_stop")]
    }

    private func message(_ reply: ModelReply, content: [JSONValue], stop: JSONValue, output: Int64) -> JSONValue {
        [
            "id": .string("msg_standin\(reply.serial)"), "type": "message", "role": "assistant",
            "model": .string(reply.call.model), "content": .array(content), "stop_reason": stop,
            "stop_sequence": .null, "usage": usage(reply, output: output),
        ]
    }

    private func usage(_ reply: ModelReply, output: Int64) -> JSONValue {
        [
            "input_tokens": .integer(reply.inputTokens), "cache_creation_input_tokens": .integer(reply.cacheWrite),
            "cache_read_input_tokens": .integer(reply.cacheRead), "output_tokens": .integer(output),
        ]
    }

    private static func toolID(_ serial: Int) -> String { "toolu_standin\(serial)" }
}
