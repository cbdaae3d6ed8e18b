package import GuildConnectors
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
        /// Of a tool call; no two of an answer are equal.
        var callID = ""
        var text = ""
        var inputText = ""
        var signature: String?
    }

    /// Whether `message_stop` has come.
    package private(set) var isComplete = false
    /// Whether the answer is complete.
    package var isAnswered: Bool { isComplete }

    private let names: WireToolNames
    private let idSeed: Int
    private var meter: AnswerMeter
    private var blocks: [Int: Block] = [:]
    private var hasStarted = false
    private var model: String
    private var responseID: String?
    private var stopReason: String?
    private var usage = AnthropicUsage()
    /// Whether nothing was written since usage was last reported.
    private var isCounted = false
    /// Whether an error included the usage of the call.
    private var isErrorCounted = false

    var reportedUsage: ReportedUsage? {
        if isCounted, let tokens = usage.tokens {
            return ReportedUsage(tokens: tokens, output: stopReason != nil || isErrorCounted ? .final : .soFar)
        }
        // An input of zero is none that was counted.
        guard let tokens = usage.counted, tokens.totalInput > 0 else { return nil }
        return ReportedUsage(tokens: tokens, output: .unknown)
    }
    var contentBytes: Int { meter.bytes - meter.opaqueBytes }

    /// - Parameters:
    ///   - idSeed: a number that is unique among the conversation's turns, such as its count of messages; it is part of
    ///     the ids of calls that repeat another call's id.
    ///   - outputLimit: the reply limit; an answer far beyond it is refused.
    package init(
        provider: String = "anthropic", model: String, names: WireToolNames, idSeed: Int = 0, outputLimit: Int? = nil,
        redactor: Redactor = Redactor()
    ) {
        self.names = names
        self.idSeed = idSeed
        self.model = model
        meter = AnswerMeter(provider: provider, outputLimit: outputLimit, redactor: redactor)
    }

    /// Takes one event, and returns the text that it adds.
    package mutating func apply(event: String?, data: String) throws(ModelFailure) -> [ModelDelta] {
        guard !isComplete else { return [] }
        let json = try meter.parse(data)
        switch json["type"]?.string ?? event {
        case "message_start":
            try begin(json)
            return []
        case "content_block_start":
            isCounted = false
            return try open(json)
        case "content_block_delta":
            isCounted = false
            return try extend(json)
        case "message_delta":
            guard hasStarted else { throw meter.broken("message_delta came before message_start") }
            // A later report takes no refusal back.
            if let reason = json["delta"]?["stop_reason"]?.string, stopReason != "refusal" { stopReason = reason }
            count(json)
            return []
        case "message_stop":
            guard hasStarted else { throw meter.broken("message_stop came before message_start") }
            isComplete = true
            return []
        // Not by the event's name, which is the default name of an event without one.
        case "message" where json["type"] != nil:
            return try take(whole: json)
        case "error":
            count(json)
            isErrorCounted = json["usage"]?.object != nil
            throw failure(json)
        default:
            return []
        }
    }

    /// The turn, once the stream has ended.
    package func finish() throws(ModelFailure) -> ModelTurn {
        guard isComplete else { throw meter.broken("the stream ended before message_stop") }
        let stop = try stopOfTurn()
        var content: [ModelContent] = []
        for index in blocks.keys.sorted() {
            guard let block = blocks[index], let part = try finished(block, stop: stop) else { continue }
            content.append(part)
        }
        guard stop != .toolUse || content.contains(where: \.isToolUse) else {
            throw meter.broken("the answer stops for a tool but calls none")
        }
        return ModelTurn(
            content: content, stop: stop, usage: usage.tokens, model: model, responseID: responseID, warning: warning)
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
        if let counted = message["usage"] { usage.merge(counted, isFinal: false) }
    }

    /// The message of a server that does not stream.
    private mutating func take(whole json: JSONValue) throws(ModelFailure) -> [ModelDelta] {
        try begin(["message": json])
        stopReason = json["stop_reason"]?.string
        count(json)
        var deltas: [ModelDelta] = []
        for (index, block) in (json["content"]?.array ?? []).enumerated() {
            deltas += try open(["index": .integer(index), "content_block": block])
        }
        isComplete = true
        return deltas
    }

    private mutating func count(_ json: JSONValue) {
        guard let counted = json["usage"], counted.object != nil else { return }
        usage.merge(counted, isFinal: true)
        isCounted = true
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
            try meter.addCall(id: id, name: name)
            // The results of two calls with one id would be indistinguishable.
            let isTaken = blocks.contains { $0.key != Int(index) && $0.value.callID == id }
            let ownID = isTaken ? "toolu_\(idSeed)_\(index)" : id
            blocks[Int(index)]?.callID = ownID
            return [.toolUseStarted(id: ownID, name: names.own(name))]
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
            try meter.addOpaque(signature)
            blocks[key]?.signature = signature
        case "input_json_delta":
            let piece = try text("partial_json")
            try meter.addArguments(piece, to: blocks[key]?.inputText.utf8.count ?? 0)
            blocks[key]?.inputText += piece
        default:
            break
        }
        return []
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
        case let other? where !other.allSatisfy(\.isWhitespace): return callsTools ? .toolUse : .endTurn
        default: throw meter.broken("the answer ended without a stop reason")
        }
    }

    /// A complete answer is accepted, whatever new reason it stops for.
    private var warning: String? {
        guard let stopReason, !Self.stops.contains(stopReason) else { return nil }
        return "unknown stop reason '\(meter.excerpt(stopReason))': treated as the end of the answer"
    }

    private static let stops: Set<String> = [
        "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded",
    ]

    private var callsTools: Bool { blocks.values.contains { $0.type == "tool_use" } }

    /// - Returns: nil for an empty text, and for a tool call that was cut off with the answer.
    private func finished(_ block: Block, stop: ModelTurn.Stop) throws(ModelFailure) -> ModelContent? {
        let input = ToolInput.parse(block.inputText)
        switch block.type {
        case "text":
            let text = (block.opening["text"]?.string ?? "") + block.text
            return text.isEmpty ? nil : .text(text)
        case "tool_use":
            let name = block.opening["name"]?.string ?? ""
            switch input {
            case .success(let value):
                // Perhaps cut off before its input began: its arguments are unknown.
                if stop.cutsShort, block.inputText.isEmpty, block.opening["input"]?.object?.members.isEmpty != false {
                    return nil
                }
                let whole = block.inputText.isEmpty ? block.opening["input"] ?? value : value
                return .toolUse(id: block.callID, name: names.own(name), input: whole)
            case .failure(let problem):
                guard !stop.cutsShort else { return nil }
                throw meter.broken("the input of the tool call '\(meter.excerpt(name))' is \(problem.message)")
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

    /// An `error` event: before the message began nothing was generated, so it is handled like the corresponding
    /// status.
    private func failure(_ json: JSONValue) -> ModelFailure {
        let error = json["error"] ?? .null
        let type = error["type"]?.string ?? "error"
        let reason = meter.excerpt(error["message"]?.string.map { "\(type): \($0)" } ?? type)
        guard !hasStarted else { return meter.broken("the stream broke off: \(reason)") }
        let status = ProviderErrorCode.isOutOfQuota(json) ? 402 : ProviderErrorCode.status(in: json)
        if let status, !ProviderErrorCode.isTransient(status) {
            return .rejected(provider: meter.provider, status: status, reason: reason)
        }
        return .retryable(provider: meter.provider, reason: reason, retryAfter: nil, status: status)
    }
}
