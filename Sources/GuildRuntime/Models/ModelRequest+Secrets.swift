import GuildConnectors
import GuildDomain
import GuildLedger

extension ModelRequest {
    /// The request without known secrets: a model does not need those in an event, a result or a file.
    func masked(by redactor: Redactor) -> ModelRequest {
        // Taken first: what is learnt from here on is not taken for masked.
        let mark = redactor.mark
        var request = self
        request.maskedAs = mark
        request.model = redactor.maskedData(model)
        request.system = redactor.maskedData(system)
        request.tools = tools.map { tool in
            ModelTool(
                name: tool.name, summary: redactor.maskedData(tool.summary), schema: redactor.maskedData(tool.schema))
        }
        request.messages = messages.map { message in
            ModelMessage(role: message.role, content: message.content.compactMap { $0.masked(by: redactor) })
        }
        return request
    }
}

extension ModelTurn {
    /// The answer as it is journalled, and as its actions are asked for.
    func masked(by redactor: Redactor) -> ModelTurn {
        var turn = self
        turn.content = content.compactMap { $0.masked(by: redactor) }
        // The texts of a turn are read as one: a secret may begin in one and end in the next.
        let text = TurnDelta.text(of: turn.content)
        var whole: String? = redactor.maskedData(text)
        guard whole != text else { return turn }
        turn.content = turn.content.compactMap { part in
            guard case .text = part else { return part }
            defer { whole = nil }
            return whole.map { .text($0) }
        }
        return turn
    }
}

extension ModelContent {
    /// - Returns: nil for a provider's own block that a mask would make invalid: it may be left out, not changed.
    fileprivate func masked(by redactor: Redactor) -> ModelContent? {
        switch self {
        case .text(let text): return .text(redactor.maskedData(text))
        case .toolUse(let id, let name, let input):
            return .toolUse(
                id: Self.masked(id: id, by: redactor), name: Self.masked(name: name, by: redactor),
                input: redactor.maskedData(input))
        case .toolResult(let id, let content, let isError):
            return .toolResult(
                id: Self.masked(id: id, by: redactor), content: redactor.maskedData(content), isError: isError)
        case .reasoning(let value):
            let masked = redactor.maskedData(value)
            if masked == value { return self }
            if case .text? = OpenAIReasoning(masked) { return .reasoning(masked) }
            return nil
        }
    }

    /// A model made the name up that a secret is in; on the wire it may have had `__` for each dot.
    private static func masked(name: String, by redactor: Redactor) -> String {
        guard name.utf8.contains(UInt8(ascii: ".")) else { return redactor.maskedData(name) }
        let wire = name.replacing(".", with: "__")
        let masked = redactor.maskedData(wire)
        return masked == wire ? redactor.maskedData(name) : masked
    }

    /// Ids stay different from each other, and of the characters that providers take.
    private static func masked(id: String, by redactor: Redactor) -> String {
        redactor.maskedData(id) == id ? id : "call_\(ContentDigest.hex(of: Array(id.utf8)).prefix(32))"
    }
}
