import GuildDomain

/// The parts of its own answer that a compatible server wants back, stored with the name of their field: reasoning as
/// text or as a list of details, and extras of a tool call.
///
/// It has no `type`, so that it is never mistaken for a block of Anthropic's.
enum OpenAIReasoning: Equatable {
    case text(field: String, String)
    /// OpenRouter's: a list that is to come back as it was.
    case details([JSONValue])
    /// Gemini's `{google: {thought_signature}}`, without which the next request is refused.
    case extra(JSONValue, call: String)

    /// DeepSeek and vLLM; OpenRouter and Ollama.
    static let fields = ["reasoning_content", "reasoning"]
    static let detailsField = "reasoning_details"
    static let extraField = "extra_content"

    static func value(field: String, text: String) -> JSONValue { ["field": .string(field), "text": .string(text)] }

    static func value(details: [JSONValue]) -> JSONValue {
        ["field": .string(detailsField), "details": .array(details)]
    }

    static func value(extra: JSONValue, call: String) -> JSONValue {
        ["field": .string(extraField), "call": .string(call), "extra": extra]
    }

    /// - Returns: nil for another vendor's.
    init?(_ value: JSONValue) {
        guard let field = value["field"]?.string else { return nil }
        if Self.fields.contains(field), let text = value["text"]?.string {
            self = .text(field: field, text)
        } else if field == Self.detailsField, let details = value["details"]?.array {
            self = .details(details)
        } else if field == Self.extraField, let call = value["call"]?.string, let extra = value["extra"] {
            self = .extra(extra, call: call)
        } else {
            return nil
        }
    }
}
