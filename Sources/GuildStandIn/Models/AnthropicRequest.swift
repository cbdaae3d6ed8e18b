import GuildDomain
import GuildHTTP

/// A request to `/v1/messages`, held to the rules that Anthropic's API enforces.
struct AnthropicRequest {
    private static let versions: Set<String> = ["2023-06-01", "2026-10-21"]
    private static let samplingFree = "2026-10-21"
    private static let fields: Set<String> = [
        "model", "messages", "max_tokens", "system", "stream", "temperature", "top_p", "top_k", "stop_sequences",
        "tools", "tool_choice", "metadata", "thinking", "service_tier", "container", "mcp_servers", "cache_control",
        "context_management", "output_config", "output_format", "inference_geo",
    ]
    private static let largestToolName = 128

    let call: ModelCall

    init(_ request: Request, isCount: Bool) throws {
        let body = try Self.body(of: request)
        guard let model = body["model"]?.string, !model.isEmpty else { throw Self.invalid("model: Field required") }
        if !isCount {
            guard let limit = body["max_tokens"] else { throw Self.invalid("max_tokens: Field required") }
            guard let limit = limit.integer, limit > 0 else {
                throw Self.invalid("max_tokens: Input should be greater than or equal to 1")
            }
        }
        guard let messages = body["messages"]?.array else { throw Self.invalid("messages: Field required") }
        guard !messages.isEmpty else { throw Self.invalid("messages: at least one message is required") }
        var conversation = AnthropicConversation()
        if let system = body["system"] { try conversation.addSystem(system) }
        for (index, message) in messages.enumerated() { try conversation.add(message, at: index) }
        try conversation.finish()
        let counted = ["system", "messages", "tools"].reduce(0) { $0 + (body[$1]?.byteCount ?? 0) }
        call = ModelCall(
            model: model, streams: body["stream"]?.bool ?? false, maxOutputTokens: body["max_tokens"]?.integer,
            toolNames: try Self.toolNames(body["tools"]), text: conversation.text,
            lastUserText: conversation.lastUserText, hasToolResult: conversation.endsWithToolResult,
            inputTokens: ModelCall.tokens(ofBytes: counted))
    }

    private static func body(of request: Request) throws -> JSONObject {
        guard let key = request.headers["x-api-key"] ?? request.headers["authorization"], !key.isEmpty else {
            throw WireRefusal(status: 401, message: "x-api-key header is required")
        }
        guard let version = request.headers["anthropic-version"] else {
            throw invalid("anthropic-version: header is required")
        }
        guard versions.contains(version) else {
            throw invalid("anthropic-version: \"\(version)\" is not a valid version")
        }
        guard request.headers["content-type"]?.lowercased().hasPrefix("application/json") == true else {
            throw invalid("Content-Type: application/json is required")
        }
        let value: JSONValue
        do {
            value = try JSONParser.parse(request.body)
        } catch {
            throw invalid("The request body is not valid JSON: \(error.reason)")
        }
        guard let body = value.object else { throw invalid("The request body must be an object") }
        if let extra = body.keys.first(where: { !fields.contains($0) }) {
            throw invalid("\(extra): Extra inputs are not permitted")
        }
        if version == samplingFree, let field = ["temperature", "top_p", "top_k"].first(where: { body[$0] != nil }) {
            throw invalid("\(field): not supported in this version")
        }
        return body
    }

    private static func toolNames(_ tools: JSONValue?) throws -> [String] {
        try (tools?.array ?? []).enumerated().map { index, tool in
            guard let name = tool["name"]?.string else { throw invalid("tools.\(index).name: Field required") }
            let isWord = name.utf8.allSatisfy {
                ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 == 0x5F || $0 == 0x2D
            }
            guard isWord, (1...largestToolName).contains(name.utf8.count) else {
                throw invalid(
                    "tools.\(index).custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,\(largestToolName)}$'")
            }
            guard tool["type"] != nil && tool["type"]?.string != "custom" || tool["input_schema"]?["type"] == "object"
            else { throw invalid("tools.\(index).custom.input_schema.type: Field required") }
            return name
        }
    }

    static func invalid(_ message: String) -> WireRefusal { WireRefusal(status: 400, message: message) }
}

/// The messages of a request, checked as they are read: roles alternate, each tool use is answered at once.
struct AnthropicConversation {
    private(set) var text = ""
    private(set) var lastUserText = ""
    private(set) var endsWithToolResult = false
    private var lastRole: String?
    private var pendingTools: [String] = []

    mutating func addSystem(_ system: JSONValue) throws {
        switch system {
        case .string(let words): text += words + "\n"
        case .array(let blocks): for block in blocks { text += (block["text"]?.string ?? "") + "\n" }
        default: throw AnthropicRequest.invalid("system: Input should be a valid string or list")
        }
    }

    mutating func add(_ message: JSONValue, at index: Int) throws {
        guard let role = message["role"]?.string, role == "user" || role == "assistant" else {
            throw AnthropicRequest.invalid("messages.\(index).role: Input should be 'user' or 'assistant'")
        }
        guard role != lastRole else {
            throw AnthropicRequest.invalid(
                "messages: roles must alternate between \"user\" and \"assistant\", "
                    + "but found multiple \"\(role)\" roles in a row")
        }
        guard lastRole != nil || role == "user" else {
            throw AnthropicRequest.invalid("messages: first message must use the \"user\" role")
        }
        lastRole = role
        if role == "user" {
            lastUserText = ""
            endsWithToolResult = false
        }
        let owed = pendingTools
        pendingTools = []
        switch message["content"] {
        case .string(let words): try addText(words, role, at: "messages.\(index)", owed: [])
        case .array(let blocks) where !blocks.isEmpty || role == "assistant":
            var answered: [String] = []
            for (position, block) in blocks.enumerated() {
                let place = "messages.\(index).content.\(position)"
                if let id = try add(block, role, at: place, owed: owed) { answered.append(id) }
            }
            try check(owed, answered, before: index)
            return
        default:
            throw AnthropicRequest.invalid("messages.\(index).content: Field required")
        }
        try check(owed, [], before: index)
    }

    /// A conversation may not end while a tool use waits for its result.
    func finish() throws {
        guard lastRole == "assistant" else { return }
        guard pendingTools.isEmpty else {
            throw AnthropicRequest.invalid("messages: the final assistant message must not contain `tool_use` blocks")
        }
    }

    private func check(_ owed: [String], _ answered: [String], before index: Int) throws {
        let missing = owed.filter { !answered.contains($0) }
        guard missing.isEmpty else {
            throw AnthropicRequest.invalid(
                "messages.\(index - 1): `tool_use` ids were found without `tool_result` blocks immediately after: "
                    + "\(missing.joined(separator: ", ")). Each `tool_use` block must have a corresponding "
                    + "`tool_result` block in the next message.")
        }
    }

    private mutating func addText(_ words: String, _ role: String, at place: String, owed: [String]) throws {
        guard !words.isEmpty else {
            throw AnthropicRequest.invalid("\(place): text content blocks must be non-empty")
        }
        text += words + "\n"
        if role == "user" { lastUserText += words }
    }

    /// - Returns: the id of the tool use that the block answers.
    private mutating func add(
        _ block: JSONValue, _ role: String, at place: String, owed: [String]
    ) throws -> String? {
        switch (block["type"]?.string, role) {
        case ("text", _):
            guard let words = block["text"]?.string else {
                throw AnthropicRequest.invalid("\(place).text.text: Field required")
            }
            try addText(words, role, at: place, owed: owed)
        case ("tool_use", "assistant"):
            guard let id = block["id"]?.string, block["name"]?.string != nil, block["input"]?.object != nil else {
                throw AnthropicRequest.invalid("\(place).tool_use: id, name and input are required")
            }
            guard !pendingTools.contains(id) else {
                throw AnthropicRequest.invalid("\(place): `tool_use` ids must be unique")
            }
            pendingTools.append(id)
        case ("tool_result", "user"):
            guard let id = block["tool_use_id"]?.string else {
                throw AnthropicRequest.invalid("\(place).tool_result.tool_use_id: Field required")
            }
            guard owed.contains(id) else {
                throw AnthropicRequest.invalid(
                    "\(place): unexpected `tool_use_id` found in `tool_result` blocks: \(id). Each `tool_result` block "
                        + "must have a corresponding `tool_use` block in the previous message.")
            }
            endsWithToolResult = true
            return id
        case ("image", "user"), ("document", "user"), ("thinking", "assistant"), ("redacted_thinking", "assistant"):
            break
        case (let kind, _):
            throw AnthropicRequest.invalid(
                "\(place): Input tag '\(kind ?? "")' found using 'type' does not match any of the expected tags")
        }
        return nil
    }
}
