import GuildDomain
import GuildHTTP

/// A request to `/v1/chat/completions`, held to the rules that OpenAI's API enforces.
struct OpenAIRequest {
    private static let largestToolName = 64
    private static let roles: Set<String> = ["system", "developer", "user", "assistant", "tool"]

    let call: ModelCall

    init(_ request: Request) throws {
        let body = try Self.body(of: request)
        guard let model = body["model"]?.string, !model.isEmpty else {
            throw Self.invalid("you must provide a model parameter")
        }
        guard let messages = body["messages"]?.array else {
            throw Self.invalid("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
        }
        guard !messages.isEmpty else {
            throw Self.invalid(
                "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array "
                    + "instead.", "messages", "empty_array")
        }
        var conversation = Conversation()
        for (index, message) in messages.enumerated() { try conversation.add(message, at: index) }
        try conversation.finish()
        let limit = body["max_completion_tokens"] ?? body["max_tokens"]
        if let limit, limit != .null, (limit.integer ?? 0) < 1 {
            throw Self.invalid("Invalid 'max_tokens': integer below minimum value.", "max_tokens")
        }
        let counted = ["messages", "tools"].reduce(0) { $0 + (body[$1]?.byteCount ?? 0) }
        call = ModelCall(
            model: model, streams: body["stream"]?.bool ?? false, maxOutputTokens: limit?.integer,
            toolNames: try Self.toolNames(body["tools"]), text: conversation.text,
            lastUserText: conversation.lastUserText, hasToolResult: conversation.endsWithToolResult,
            inputTokens: ModelCall.tokens(ofBytes: counted),
            includesUsage: body["stream_options"]?["include_usage"]?.bool ?? false)
    }

    private static func body(of request: Request) throws -> JSONObject {
        let authorization = request.headers["authorization"] ?? ""
        guard authorization.hasPrefix("Bearer "), authorization.count > "Bearer ".count else {
            throw WireRefusal(
                status: 401,
                message: "You didn't provide an API key. You need to provide your API key in an "
                    + "Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
                kind: "invalid_request_error")
        }
        guard let body = (try? JSONParser.parse(request.body))?.object else {  // Their message does not say why either.
            throw invalid("We could not parse the JSON body of your request.")
        }
        if body["stream_options"] != nil, body["stream_options"] != .null, body["stream"] != true {
            throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
        }
        return body
    }

    private static func toolNames(_ tools: JSONValue?) throws -> [String] {
        try (tools?.array ?? []).enumerated().map { index, tool in
            guard tool["type"] == "function", let name = tool["function"]?["name"]?.string else {
                throw invalid(
                    "Missing required parameter: 'tools[\(index)].function'.", "tools[\(index)].function",
                    "missing_required_parameter")
            }
            let isWord = name.utf8.allSatisfy {
                ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 == 0x5F || $0 == 0x2D
            }
            guard isWord, (1...largestToolName).contains(name.utf8.count) else {
                throw invalid(
                    "Invalid 'tools[\(index)].function.name': string does not match pattern. Expected a string that "
                        + "matches the pattern '^[a-zA-Z0-9_-]+$'.", "tools[\(index)].function.name", "invalid_value")
            }
            return name
        }
    }

    private static func invalid(_ message: String, _ parameter: String? = nil, _ code: String? = nil) -> WireRefusal {
        WireRefusal(status: 400, message: message, parameter: parameter, code: code)
    }

    /// The messages, checked as they are read: tool messages answer the calls of the assistant message before them.
    private struct Conversation {
        var text = ""
        var lastUserText = ""
        var endsWithToolResult = false
        private var pendingCalls: [String] = []
        private var isAfterCalls = false

        mutating func add(_ message: JSONValue, at index: Int) throws {
            guard let role = message["role"]?.string, roles.contains(role) else {
                throw invalid(
                    "Invalid value for 'messages[\(index)].role'.", "messages[\(index)].role", "invalid_value")
            }
            let words = Self.text(of: message["content"])
            text += words + "\n"
            if role == "tool" { return try addResult(message, at: index) }
            try finish()
            isAfterCalls = false
            if role == "user" {
                lastUserText = words
                endsWithToolResult = false
            }
            guard role == "assistant" else { return }
            let calls = message["tool_calls"]?.array ?? []
            pendingCalls = try calls.map { call in
                guard let id = call["id"]?.string, call["function"]?["name"]?.string != nil,
                    call["function"]?["arguments"]?.string != nil
                else { throw invalid("Invalid 'messages[\(index)].tool_calls'.", "messages[\(index)].tool_calls") }
                return id
            }
            isAfterCalls = !calls.isEmpty
            if calls.isEmpty, message["content"]?.isNull ?? true {
                throw invalid(
                    "Invalid value for 'content': expected a string, got null.", "messages[\(index)].content")
            }
        }

        func finish() throws {
            guard pendingCalls.isEmpty else {
                throw invalid(
                    "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                        + "'tool_call_id'. The following tool_call_ids did not have response messages: "
                        + pendingCalls.joined(separator: ", "), "messages")
            }
        }

        private mutating func addResult(_ message: JSONValue, at index: Int) throws {
            guard isAfterCalls, let id = message["tool_call_id"]?.string, pendingCalls.contains(id) else {
                throw invalid(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                        + "'tool_calls'.", "messages.[\(index)].role")
            }
            pendingCalls.removeAll { $0 == id }
            endsWithToolResult = true
        }

        private static func text(of content: JSONValue?) -> String {
            switch content {
            case .string(let words): words
            case .array(let parts): parts.compactMap { $0["text"]?.string }.joined(separator: "\n")
            default: ""
            }
        }
    }
}
