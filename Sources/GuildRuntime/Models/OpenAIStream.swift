import GuildDomain

/// Assembles the chunks of an OpenAI-compatible chat completion into a turn.
///
/// Tolerates what compatible servers do: tool calls without `id` or `index`, arguments as an object, usage beside a
/// choice or not at all, no `[DONE]`. Only the first choice counts.
package struct OpenAIStream: AnswerStream {
    private struct Call {
        var id = ""
        var name = ""
        var arguments = ""
        var isAnnounced = false
    }

    package private(set) var isComplete = false
    package var isAnswered: Bool { isComplete || finishReason != nil }

    private let names: WireToolNames
    private let idSeed: Int
    private var meter: AnswerMeter
    private var model: String
    private var responseID: String?
    private var text = ""
    private var reasoning = ""
    private var reasoningField = OpenAIReasoning.fields[0]
    private var isRefusal = false
    private var calls: [Call] = []
    /// From the wire's index to the place in `calls`.
    private var slots: [Int64: Int] = [:]
    private var finishReason: String?
    private var usage: JSONValue?

    /// - Parameter idSeed: a number that no other turn of the conversation has, such as its count of messages; it goes
    ///   into the ids of calls that come without one.
    package init(provider: String = "openai", model: String, names: WireToolNames, idSeed: Int = 0) {
        self.names = names
        self.idSeed = idSeed
        self.model = model
        meter = AnswerMeter(provider: provider)
    }

    package mutating func apply(event: String?, data: String) throws(ModelFailure) -> [ModelDelta] {
        guard !isComplete else { return [] }
        guard data.utf8.count > 16 || String(data.filter { !$0.isWhitespace }) != "[DONE]" else {
            isComplete = true
            return []
        }
        let chunk = try meter.parse(data)
        guard chunk.object != nil else { throw meter.broken("a chunk of the stream is \(chunk.kindName)") }
        if let error = chunk["error"], !error.isNull { throw failure(chunk) }
        if let name = chunk["model"]?.string, !name.isEmpty { model = name }
        if let id = chunk["id"]?.string, !id.isEmpty { responseID = id }
        if let counted = chunk["usage"], counted.object != nil { usage = counted }
        var deltas: [ModelDelta] = []
        for choice in chunk["choices"]?.array ?? [] where choice["index"]?.integer ?? 0 == 0 {
            // Some servers send the whole message in one chunk.
            if let delta = choice["delta"] ?? choice["message"] { deltas += try extend(delta) }
            if let reason = choice["finish_reason"]?.string { finishReason = reason }
        }
        return deltas
    }

    package func finish() throws(ModelFailure) -> ModelTurn {
        guard isAnswered else { throw meter.broken("the stream ended before the answer did") }
        let stop = try stopOfTurn()
        var content: [ModelContent] = []
        if !reasoning.isEmpty {
            content.append(.reasoning(OpenAIReasoning.value(field: reasoningField, text: reasoning)))
        }
        if !text.isEmpty { content.append(.text(text)) }
        for (index, call) in calls.enumerated() {
            switch ToolInput.parse(call.arguments) {
            case .success(let input) where !call.name.isEmpty:
                content.append(.toolUse(id: id(of: call, at: index), name: names.own(call.name), input: input))
            case .success:
                guard stop.cutsShort else { throw meter.broken("tool call \(index + 1) has no name") }
            case .failure(let problem):
                guard stop.cutsShort else {
                    let name = ProviderWords.excerpt(call.name)
                    throw meter.broken("the arguments of the tool call '\(name)' are \(problem.message)")
                }
            }
        }
        return ModelTurn(
            content: content, stop: stop, usage: usage.flatMap(OpenAIUsage.normalised), providerUsage: usage,
            model: model, responseID: responseID)
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
        let (id, name) = (call["id"]?.string ?? "", call["function"]?["name"]?.string ?? "")
        let slot = try slot(index: call["index"]?.integer, id: id, name: name)
        let arguments = call["function"]?["arguments"]
        let piece = arguments?.string ?? (arguments?.object == nil ? "" : arguments?.text() ?? "")
        try meter.add(piece)
        calls[slot].arguments += piece
        if calls[slot].id.isEmpty, !id.isEmpty, !calls[slot].isAnnounced {
            try meter.add(id)
            calls[slot].id = id
        }
        if calls[slot].name.isEmpty, !name.isEmpty {
            try meter.add(name)
            calls[slot].name = name
        }
        guard !calls[slot].isAnnounced, !calls[slot].name.isEmpty else { return nil }
        calls[slot].isAnnounced = true
        return .toolUseStarted(id: self.id(of: calls[slot], at: slot), name: names.own(calls[slot].name))
    }

    /// Where a piece of a tool call belongs: by its index; without one by its id; a named piece with a new id begins a
    /// call even if its index was seen (some servers number every call 0); a piece with nothing continues the last.
    private mutating func slot(index: Int64?, id: String, name: String) throws(ModelFailure) -> Int {
        if let index, let known = slots[index] {
            let isAnother = !id.isEmpty && !name.isEmpty && !calls[known].id.isEmpty && calls[known].id != id
            if !isAnother { return known }
        } else if index == nil {
            if !id.isEmpty, let known = calls.lastIndex(where: { $0.id == id }) { return known }
            if id.isEmpty, name.isEmpty, !calls.isEmpty { return calls.count - 1 }
        }
        guard calls.count < AnswerLimits.blocks else {
            throw meter.broken("the answer has over \(AnswerLimits.blocks) tool calls")
        }
        calls.append(Call())
        if let index { slots[index] = calls.count - 1 }
        return calls.count - 1
    }

    private func id(of call: Call, at index: Int) -> String { call.id.isEmpty ? "call_\(idSeed)_\(index)" : call.id }

    // MARK: - The end

    private func stopOfTurn() throws(ModelFailure) -> ModelTurn.Stop {
        switch finishReason {
        case "length", "max_tokens", "model_length": return .maxTokens
        case "content_filter", "refusal": return .refusal
        case "error", "abort", "insufficient_system_resource":
            throw meter.broken("the provider gave up its answer (\(finishReason ?? ""))")
        case "tool_calls", "function_call":
            guard !calls.isEmpty else { throw meter.broken("the answer stops for a tool but calls none") }
            return .toolUse
        default:
            // `stop`, and the words that compatible servers have for it; some say it after a tool call, too.
            if isRefusal { return .refusal }
            return calls.isEmpty ? .endTurn : .toolUse
        }
    }

    /// An error inside the stream. Nothing was generated if it is all that came.
    private func failure(_ chunk: JSONValue) -> ModelFailure {
        let reason = ProviderWords.excerpt(ProviderWords.reason(chunk) ?? chunk.text())
        guard text.isEmpty, reasoning.isEmpty, calls.isEmpty else {
            return meter.broken("the stream broke off: \(reason)")
        }
        let status = chunk["error"]?["code"]?.integer ?? chunk["error"]?["status"]?.integer ?? 0
        return switch status {
        case 429, 500...: .retryable(provider: meter.provider, reason: reason, retryAfter: nil)
        case 400..<500: .rejected(provider: meter.provider, status: Int(status), reason: reason)
        default: meter.broken("the stream broke off: \(reason)")
        }
    }
}
