import GuildDomain

/// Assembles the server-sent events of the Anthropic Messages API into a turn.
///
///     message_start ─▶ (content_block_start ─▶ content_block_delta… ─▶ content_block_stop)…
///                   ─▶ message_delta ─▶ message_stop
///
/// `ping`, and event and delta types that do not exist yet, are passed over; a block of an unknown type is kept as it
/// came and handed back with the next request, as thinking blocks are.
package struct AnthropicStream: AnswerStream {
    private struct Block {
        let type: String
        let opening: JSONObject
        var text = ""
        var inputText = ""
        var signature: String?
    }

    package private(set) var isComplete = false
    package var isAnswered: Bool { isComplete }

    private let names: WireToolNames
    private var meter: AnswerMeter
    private var blocks: [Int: Block] = [:]
    private var hasStarted = false
    private var model: String
    private var responseID: String?
    private var stopReason: String?
    private var usage = JSONObject()
    /// The usage of `message_start` counts no output yet.
    private var hasFinalUsage = false

    package init(provider: String = "anthropic", model: String, names: WireToolNames) {
        self.names = names
        self.model = model
        meter = AnswerMeter(provider: provider)
    }

    package mutating func apply(event: String?, data: String) throws(ModelFailure) -> [ModelDelta] {
        guard !isComplete else { return [] }
        let json = try meter.parse(data)
        switch json["type"]?.string ?? event {
        case "message_start":
            try begin(json)
            return []
        case "content_block_start":
            return try open(json)
        case "content_block_delta":
            return try extend(json)
        case "message_delta":
            guard hasStarted else { throw meter.broken("message_delta came before message_start") }
            if let reason = json["delta"]?["stop_reason"]?.string { stopReason = reason }
            if let counted = json["usage"]?.object {
                merge(counted)
                hasFinalUsage = true
            }
            return []
        case "message_stop":
            guard hasStarted else { throw meter.broken("message_stop came before message_start") }
            isComplete = true
            return []
        case "error":
            throw failure(json["error"] ?? .null)
        default:
            return []
        }
    }

    package func finish() throws(ModelFailure) -> ModelTurn {
        guard isComplete else { throw meter.broken("the stream ended before message_stop") }
        let stop = try stopOfTurn()
        var content: [ModelContent] = []
        for index in blocks.keys.sorted() {
            guard let block = blocks[index], let part = try finished(block, stop: stop) else { continue }
            content.append(part)
        }
        let callsTools = content.contains { if case .toolUse = $0 { true } else { false } }
        guard stop != .toolUse || callsTools else { throw meter.broken("the answer stops for a tool but calls none") }
        return ModelTurn(
            content: content, stop: stop, usage: normalisedUsage, providerUsage: usage.isEmpty ? nil : .object(usage),
            model: model, responseID: responseID)
    }

    // MARK: - Events

    private mutating func begin(_ json: JSONValue) throws(ModelFailure) {
        guard !hasStarted else { throw meter.broken("message_start came twice") }
        guard let message = json["message"], message.object != nil else {
            throw meter.broken("message_start carries no message")
        }
        hasStarted = true
        if let name = message["model"]?.string, !name.isEmpty { model = name }
        responseID = message["id"]?.string
        if let counted = message["usage"]?.object { merge(counted) }
    }

    private mutating func open(_ json: JSONValue) throws(ModelFailure) -> [ModelDelta] {
        guard hasStarted else { throw meter.broken("content_block_start came before message_start") }
        guard let index = json["index"]?.integer, (0..<Int64(AnswerLimits.blocks)).contains(index) else {
            throw meter.broken("a content block has no index from 0 to \(AnswerLimits.blocks - 1)")
        }
        guard let opening = json["content_block"]?.object, let type = opening["type"]?.string else {
            throw meter.broken("content_block_start of block \(index) has no typed content_block")
        }
        guard blocks[Int(index)] == nil else { throw meter.broken("content block \(index) began twice") }
        try meter.add(JSONValue.object(opening).text())
        blocks[Int(index)] = Block(type: type, opening: opening)
        switch type {
        case "text":
            return opening["text"]?.string.flatMap { $0.isEmpty ? nil : [.text($0)] } ?? []
        case "tool_use":
            guard let id = opening["id"]?.string, !id.isEmpty, let name = opening["name"]?.string, !name.isEmpty else {
                throw meter.broken("the tool call in block \(index) has no id or no name")
            }
            return [.toolUseStarted(id: id, name: names.own(name))]
        case "fallback":
            // Another model answers from here on; prices follow the one that ran.
            if let name = opening["to"]?["model"]?.string, !name.isEmpty { model = name }
            return []
        default:
            return []
        }
    }

    private mutating func extend(_ json: JSONValue) throws(ModelFailure) -> [ModelDelta] {
        guard let index = json["index"]?.integer, let key = Int(exactly: index), blocks[key] != nil else {
            throw meter.broken("content_block_delta for a block that never began")
        }
        guard let delta = json["delta"], let type = delta["type"]?.string else {
            throw meter.broken("content_block_delta of block \(index) has no typed delta")
        }
        func text(_ field: String) throws(ModelFailure) -> String {
            guard let text = delta[field]?.string else { throw meter.broken("a \(type) without '\(field)'") }
            return text
        }
        switch type {
        case "text_delta":
            let piece = try text("text")
            try meter.add(piece)
            blocks[key]?.text += piece
            return piece.isEmpty ? [] : [.text(piece)]
        case "thinking_delta":
            let piece = try text("thinking")
            try meter.add(piece)
            blocks[key]?.text += piece
            return piece.isEmpty ? [] : [.reasoning(piece)]
        case "signature_delta":
            let signature = try text("signature")
            try meter.add(signature)
            blocks[key]?.signature = signature
        case "input_json_delta":
            let piece = try text("partial_json")
            try meter.add(piece)
            blocks[key]?.inputText += piece
        default:
            break
        }
        return []
    }

    /// Usage is cumulative: of each member the last value counts.
    private mutating func merge(_ newer: JSONObject) {
        let changed = newer.members.filter { !$0.value.isNull }
        var members = usage.members.map { member in
            (member.key, changed.last { $0.key == member.key }?.value ?? member.value)
        }
        for member in changed where usage[member.key] == nil { members.append((member.key, member.value)) }
        usage = JSONObject(members)
    }
}

// MARK: - The turn

extension AnthropicStream {
    private func stopOfTurn() throws(ModelFailure) -> ModelTurn.Stop {
        switch stopReason {
        case "end_turn": return .endTurn
        case "max_tokens": return .maxTokens
        case "stop_sequence": return .stopSequence
        case "tool_use": return .toolUse
        case "pause_turn": return .paused
        case "refusal": return .refusal
        case "model_context_window_exceeded": return .contextWindowExceeded
        case let other?: throw meter.broken("unknown stop reason '\(ProviderWords.excerpt(other))'")
        case nil: throw meter.broken("the answer ended without a stop reason")
        }
    }

    /// - Returns: nil for an empty text, and for a tool call that was cut off with the answer.
    private func finished(_ block: Block, stop: ModelTurn.Stop) throws(ModelFailure) -> ModelContent? {
        let input = ToolInput.parse(block.inputText)
        switch block.type {
        case "text":
            let text = (block.opening["text"]?.string ?? "") + block.text
            return text.isEmpty ? nil : .text(text)
        case "tool_use":
            let (id, name) = (block.opening["id"]?.string ?? "", block.opening["name"]?.string ?? "")
            switch input {
            case .success(let value):
                let whole = block.inputText.isEmpty ? block.opening["input"] ?? value : value
                return .toolUse(id: id, name: names.own(name), input: whole)
            case .failure(let problem):
                guard !stop.cutsShort else { return nil }
                throw meter.broken("the input of the tool call '\(ProviderWords.excerpt(name))' is \(problem.message)")
            }
        default:
            var opaque = block.opening.members.map { ($0.key, $0.value) }
            func put(_ key: String, _ value: JSONValue) {
                opaque.removeAll { $0.0 == key }
                opaque.append((key, value))
            }
            if !block.text.isEmpty {
                put("thinking", .string((block.opening["thinking"]?.string ?? "") + block.text))
            }
            if let signature = block.signature { put("signature", .string(signature)) }
            if !block.inputText.isEmpty, case .success(let value) = input { put("input", value) }
            return .reasoning(.object(JSONObject(opaque)))
        }
    }

    /// Five disjoint classes; nil unless the stream counted both input and final output.
    private var normalisedUsage: TokenUsage? {
        guard hasFinalUsage, let input = count("input_tokens"), let output = count("output_tokens") else { return nil }
        let thinking = usage["output_tokens_details"]?["thinking_tokens"]?.integer ?? 0
        let reasoning = min(max(0, thinking), output)
        return TokenUsage(
            input: input, cacheRead: count("cache_read_input_tokens") ?? 0,
            cacheWrite: count("cache_creation_input_tokens") ?? 0, output: output - reasoning, reasoning: reasoning)
    }

    private func count(_ key: String) -> Int64? { usage[key]?.integer.flatMap { $0 < 0 ? nil : $0 } }

    /// An `error` event: before the message began nothing was generated, so it is what its status would have been.
    private func failure(_ error: JSONValue) -> ModelFailure {
        let type = error["type"]?.string ?? "error"
        let said = error["message"]?.string.map { "\(type): \($0)" } ?? type
        let reason = ProviderWords.excerpt(said)
        guard !hasStarted else { return meter.broken("the stream broke off: \(reason)") }
        let final = [
            "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
            "not_found_error": 404, "request_too_large": 413,
        ]
        if let status = final[type] { return .rejected(provider: meter.provider, status: status, reason: reason) }
        return .retryable(provider: meter.provider, reason: reason, retryAfter: nil)
    }
}
