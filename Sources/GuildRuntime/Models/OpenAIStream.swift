package import GuildConnectors
import GuildDomain

/// Assembles the chunks of an OpenAI-compatible chat completion into a turn.
///
/// It tolerates the habits of compatible servers: tool calls without `id` or `index`, arguments as an object, usage
/// beside a choice or not at all, no `[DONE]`. Only the first choice counts.
package struct OpenAIStream: AnswerStream {
    private struct Call {
        var id = ""
        var name = ""
        var arguments = ""
        var progress = ArgumentProgress()
        var isAnnounced = false
        /// Data that the server wants back with the call (Gemini's signature of a thought).
        var extra: JSONValue?
        /// A name that came again after whole arguments: another call, once arguments of its own follow.
        var next: (id: String, name: String)?
    }

    /// Whether `[DONE]` has come.
    package private(set) var isComplete = false
    /// Whether a finish reason has come.
    package var isAnswered: Bool { finishReason != nil }

    private let names: WireToolNames
    private let idSeed: Int
    private var meter: AnswerMeter
    private var model: String
    private var responseID: String?
    private var text = ""
    private var reasoning = ""
    private var reasoningField = OpenAIReasoning.fields[0]
    private var details = ReasoningDetails()
    private var isRefusal = false
    private var calls: [Call] = []
    /// From the wire's index to the place in `calls`.
    private var slots: [Int64: Int] = [:]
    private var finishReason: String?
    private var usage = OpenAIUsage()
    /// Whether nothing was written since usage was last reported.
    private var isCounted = false
    /// Whether an error included the usage of the call.
    private var isErrorCounted = false
    private let outputLimit: Int?

    var reportedUsage: ReportedUsage? {
        if isCounted || isAnswered, let tokens = usage.tokens {
            let isFinal = isCounted && (isAnswered || isErrorCounted)
            return ReportedUsage(tokens: tokens, output: isFinal ? .final : .soFar)
        }
        // An input of zero is none that was counted.
        guard let tokens = usage.counted, tokens.totalInput > 0 else { return nil }
        return ReportedUsage(tokens: tokens, output: .unknown)
    }
    var contentBytes: Int { meter.bytes - meter.opaqueBytes }

    /// - Parameters:
    ///   - idSeed: a number that is unique among the conversation's turns, such as its count of messages; it is part of
    ///     the ids of calls that come without one.
    ///   - outputLimit: the reply limit; an answer that used it up was cut by it, whatever its stop reason.
    package init(
        provider: String = "openai", model: String, names: WireToolNames, idSeed: Int = 0, outputLimit: Int? = nil,
        redactor: Redactor = Redactor()
    ) {
        self.names = names
        self.idSeed = idSeed
        self.outputLimit = outputLimit
        self.model = model
        meter = AnswerMeter(provider: provider, outputLimit: outputLimit, redactor: redactor)
    }

    /// Takes one chunk, and returns the text that it adds.
    package mutating func apply(event: String?, data: String) throws(ModelFailure) -> [ModelDelta] {
        guard !isComplete else { return [] }
        guard data.utf8.count > 16 || String(data.filter { !$0.isWhitespace }) != "[DONE]" else {
            isComplete = true
            return []
        }
        let chunk = try meter.parse(data)
        guard chunk.object != nil else { throw meter.broken("a chunk of the stream is \(chunk.kindName)") }
        let counted = chunk["usage"].flatMap { $0.object == nil ? nil : $0 }
        if let counted { usage.merge(counted) }
        if let error = chunk["error"], !error.isNull {
            isCounted = isCounted || counted != nil
            isErrorCounted = counted != nil
            // Overrides earlier reasons: an answer that the server itself reports as failed does not count.
            finishReason = nil
            throw failure(chunk)
        }
        if let name = chunk["model"]?.string, !name.isEmpty { model = name }
        if let id = chunk["id"]?.string, !id.isEmpty { responseID = id }
        var deltas: [ModelDelta] = []
        let before = meter.bytes
        for choice in chunk["choices"]?.array ?? [] where choice["index"]?.integer ?? 0 == 0 {
            // Some servers send the whole message in one chunk.
            if let delta = choice["delta"] ?? choice["message"] { deltas += try extend(delta) }
            // Some servers write an empty reason if there is none yet.
            guard let reason = choice["finish_reason"]?.string, !reason.allSatisfy(\.isWhitespace) else { continue }
            if Self.isRefusal(reason) { isRefusal = true }
            finishReason = reason
        }
        isCounted = counted != nil || (isCounted && meter.bytes == before)
        return deltas
    }

    /// The turn, once the stream has ended.
    package func finish() throws(ModelFailure) -> ModelTurn {
        guard isAnswered else {
            throw meter.broken("the stream ended before the answer did: no finish_reason came")
        }
        var stop = try stopOfTurn()
        var content: [ModelContent] = []
        if !details.isEmpty {
            content.append(.reasoning(OpenAIReasoning.value(details: details.list)))
        }
        if !reasoning.isEmpty {
            content.append(.reasoning(OpenAIReasoning.value(field: reasoningField, text: reasoning)))
        }
        if !text.isEmpty { content.append(.text(text)) }
        for (index, call) in calls.enumerated() {
            switch ToolInput.parse(call.arguments) {
            case .success where stop.cutsShort && call.arguments.allSatisfy(\.isWhitespace):
                // Perhaps cut off before its arguments began: they are unknown.
                break
            case .success(let input) where !call.name.isEmpty:
                let id = id(of: call, at: index)
                if let extra = call.extra { content.append(.reasoning(OpenAIReasoning.value(extra: extra, call: id))) }
                content.append(.toolUse(id: id, name: names.own(call.name), input: input))
            case .success:
                guard stop.cutsShort else { throw meter.broken("tool call \(index + 1) has no name") }
            case .failure(let problem):
                // Some servers report `tool_calls` although the reply limit cut a call off.
                if isLimitUsedUp { stop = .maxTokens }
                guard stop.cutsShort else {
                    throw meter.broken(
                        "the arguments of the tool call '\(meter.excerpt(call.name))' are \(problem.message)")
                }
            }
        }
        return ModelTurn(
            content: content, stop: stop, usage: usage.tokens, model: model, responseID: responseID, warning: warning)
    }

    // MARK: - Deltas

    private mutating func extend(_ delta: JSONValue) throws(ModelFailure) -> [ModelDelta] {
        var deltas: [ModelDelta] = []
        for field in OpenAIReasoning.fields {
            guard let piece = delta[field]?.string, !piece.isEmpty else { continue }
            try meter.add(piece)
            reasoningField = field
            reasoning += piece
            deltas.append(.reasoning(piece))
            // OpenRouter sends the same text under both names.
            break
        }
        for detail in (delta[OpenAIReasoning.detailsField]?.array ?? []).compactMap(\.object) {
            try meter.addOpaque(JSONValue.object(detail).text())
            guard details.add(detail) else {
                throw meter.broken("the answer has over \(AnswerLimits.blocks) reasoning_details")
            }
        }
        let refusal = delta["refusal"]?.string ?? ""
        if !refusal.isEmpty { isRefusal = true }
        for piece in [content(of: delta), refusal] where !piece.isEmpty {
            try meter.add(piece)
            text += piece
            deltas.append(.text(piece))
        }
        for call in delta["tool_calls"]?.array ?? [] {
            if let started = try extend(call: call) { deltas.append(started) }
        }
        return deltas
    }

    /// A string, or with some servers a list of typed parts.
    private func content(of delta: JSONValue) -> String {
        if let text = delta["content"]?.string { return text }
        return (delta["content"]?.array ?? []).compactMap { $0["text"]?.string }.joined()
    }

    private mutating func extend(call: JSONValue) throws(ModelFailure) -> ModelDelta? {
        let id = call["id"]?.string ?? ""
        let name = call["function"]?["name"]?.string ?? ""
        let arguments = call["function"]?["arguments"]
        let piece = arguments?.string ?? (arguments?.object == nil ? "" : arguments?.text() ?? "")
        let index = call["index"]?.integer
        guard let slot = try slot(index: index, id: id, name: name, piece: piece) else {
            if let known = index.flatMap({ slots[$0] }) { try keepExtra(of: call, at: known) }
            return nil
        }
        try keepExtra(of: call, at: slot)
        try meter.addArguments(piece, to: calls[slot].arguments.utf8.count)
        calls[slot].arguments += piece
        calls[slot].progress.read(piece)
        let newID = calls[slot].next?.id ?? id
        let newName = calls[slot].next?.name ?? name
        calls[slot].next = nil
        if calls[slot].id.isEmpty, !newID.isEmpty, !calls[slot].isAnnounced {
            try meter.addCall(id: newID, name: "")
            calls[slot].id = isTaken(newID, but: slot) ? "" : newID
        }
        if calls[slot].name.isEmpty, !newName.isEmpty {
            try meter.addCall(id: "", name: newName)
            calls[slot].name = newName
        }
        guard !calls[slot].isAnnounced, !calls[slot].name.isEmpty else { return nil }
        calls[slot].isAnnounced = true
        return .toolUseStarted(id: self.id(of: calls[slot], at: slot), name: names.own(calls[slot].name))
    }

    private mutating func keepExtra(of call: JSONValue, at slot: Int) throws(ModelFailure) {
        guard let extra = call[OpenAIReasoning.extraField], extra.object != nil else { return }
        try meter.addOpaque(extra.text())
        calls[slot].extra = extra
    }

    /// The call to which a piece belongs: by its index; without one by its id. A named piece with a new id, or after
    /// complete arguments, begins a call even if its index was seen (some servers number every call 0); a piece without
    /// any of these continues the last call.
    ///
    /// - Returns: nil for a piece that only repeats known data.
    private mutating func slot(index: Int64?, id: String, name: String, piece: String) throws(ModelFailure) -> Int? {
        if let index, let known = slots[index] {
            guard let isNew = beginsAnother(known, id: id, name: name, piece: piece) else { return nil }
            if !isNew { return known }
        } else if index == nil {
            if !id.isEmpty, let known = calls.lastIndex(where: { $0.id == id }) { return known }
            if id.isEmpty, name.isEmpty, !calls.isEmpty { return calls.count - 1 }
        }
        guard calls.count < AnswerLimits.blocks else {
            throw meter.broken("the answer has over \(AnswerLimits.blocks) tool calls")
        }
        var call = Call()
        if let index {
            // The call before it has its arguments; this one has the name that announced it.
            if let known = slots[index] { (call.next, calls[known].next) = (calls[known].next, nil) }
            slots[index] = calls.count
        }
        calls.append(call)
        return calls.count - 1
    }

    /// Whether a piece under the index of a known call is another call.
    ///
    /// - Returns: nil if the piece only repeats the known call, or announces another whose arguments are to come.
    private mutating func beginsAnother(_ known: Int, id: String, name: String, piece: String) -> Bool? {
        let call = calls[known]
        let hasNewID = !id.isEmpty && !call.id.isEmpty && call.id != id
        if hasNewID, !name.isEmpty {
            calls[known].next = nil
            return true
        }
        guard call.progress.isWhole, !call.name.isEmpty else { return false }
        let isBlank = piece.allSatisfy(\.isWhitespace)
        if isBlank, name.isEmpty { return nil }
        // Only the whole call again: this server sends everything so far with each piece.
        if piece == call.arguments, !id.isEmpty, id == call.id { return nil }
        if isBlank {
            calls[known].next = (id, name)
            return name == call.name ? nil : true
        }
        return !name.isEmpty || call.next != nil
    }

    private func isTaken(_ id: String, but slot: Int) -> Bool {
        calls.indices.contains { $0 != slot && calls[$0].id == id }
    }

    private func id(of call: Call, at index: Int) -> String { call.id.isEmpty ? "call_\(idSeed)_\(index)" : call.id }

    // MARK: - The end

    private func stopOfTurn() throws(ModelFailure) -> ModelTurn.Stop {
        if isRefusal { return .refusal }
        switch finishReason?.lowercased() {
        case "length", "max_tokens", "model_length": return .maxTokens
        case "error", "abort", "cancelled", "timeout", "insufficient_system_resource":
            throw meter.broken("the provider gave up its answer (\(meter.excerpt(finishReason ?? "")))")
        case "tool_calls", "function_call":
            guard !calls.isEmpty else { throw meter.broken("the answer stops for a tool but calls none") }
            return .toolUse
        default:
            // `stop`, the words that compatible servers have for it, and new ones; some say it after a tool call, too.
            return calls.isEmpty ? .endTurn : .toolUse
        }
    }

    private static let stops: Set<String> = [
        "stop", "eos", "eos_token", "end_turn", "stop_sequence", "length", "max_tokens", "model_length",
        "tool_calls", "function_call",
    ]

    /// Stop reasons of compatible servers for a filtered answer: OpenAI's own, and those of the models behind them
    /// (Gemini, Bedrock, GLM), which some gateways pass on, also as `content_filter: SAFETY`.
    private static let refusals: Set<String> = [
        "content_filter", "content_filtered", "refusal", "safety", "recitation", "language", "blocklist",
        "prohibited_content", "spii", "image_safety", "guardrail_intervened", "sensitive", "blocked",
    ]

    private static func isRefusal(_ reason: String) -> Bool {
        let word = reason.lowercased().prefix { !":, ".contains($0) }
        return refusals.contains(String(word))
    }

    /// A complete answer is accepted, whatever new reason it stops for.
    private var warning: String? {
        guard let finishReason, !isRefusal, !Self.stops.contains(finishReason.lowercased()) else { return nil }
        return "unknown finish_reason '\(meter.excerpt(finishReason))': treated as the end of the answer"
    }

    private var isLimitUsedUp: Bool {
        guard let outputLimit, let used = usage.tokens else { return false }
        return used.output.addingSaturated(used.reasoning) >= Int64(clamping: outputLimit)
    }

    /// An error inside the stream. Nothing was generated if it is all that came.
    private func failure(_ chunk: JSONValue) -> ModelFailure {
        let reason = meter.excerpt(ProviderWords.reason(chunk) ?? chunk.text())
        guard text.isEmpty, reasoning.isEmpty, calls.isEmpty else {
            return meter.broken("the stream broke off: \(reason)")
        }
        let status = ProviderErrorCode.isOutOfQuota(chunk) ? 402 : ProviderErrorCode.status(in: chunk)
        guard let status else { return meter.broken("the stream broke off: \(reason)") }
        return ProviderErrorCode.isTransient(status)
            ? .retryable(provider: meter.provider, reason: reason, retryAfter: nil, status: status)
            : .rejected(provider: meter.provider, status: status, reason: reason)
    }
}
