import GuildDomain
import Synchronization

/// The parameters that one server accepts, where servers of this format differ.
struct OpenAIDialect: Sendable, Hashable {
    /// The names of the reply limit.
    enum Limit: String {
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
    }

    var limit = Limit.maxTokens
    var hasStreamOptions = true
    /// Whether reasoning comes back with the next request.
    var takesReasoning = true

    /// - Parameters:
    ///   - isOpenAI: whether OpenAI itself answers: it knows the newer name of the limit for every model.
    ///   - isRelay: whether a gateway in front of OpenAI's models does; it refuses the older one only for the newer models.
    init(model: String = "", isOpenAI: Bool = false, isRelay: Bool = false) {
        if isOpenAI || (isRelay && Self.isReasoningModel(model)) { limit = .maxCompletionTokens }
        takesReasoning = !isOpenAI
    }

    /// Whether the model is one of OpenAI's o series, or of GPT-5 and later: `o3`, `gpt-5-mini`, `openai/gpt-5.1`.
    static func isReasoningModel(_ model: String) -> Bool {
        let name = model.lowercased().split(separator: "/").last ?? ""
        func number(after prefix: String) -> Int? {
            name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }) : nil
        }
        return number(after: "o") != nil || (number(after: "gpt-") ?? 0) >= 5
    }

    /// The dialect without the word that a refusal names.
    ///
    /// - Returns: nil if another dialect would not help.
    func corrected(by refusal: JSONValue) -> OpenAIDialect? {
        var other = self
        switch ProviderErrorCode.parameter(refusedBy: refusal, of: [limit.rawValue, Self.streamOptions]) {
        case Self.streamOptions? where hasStreamOptions: other.hasStreamOptions = false
        case limit.rawValue?: other.limit = limit == .maxTokens ? .maxCompletionTokens : .maxTokens
        default: return nil
        }
        return other
    }

    private static let streamOptions = "stream_options"
}

/// The discovered dialect of each server, for the life of the process.
package final class OpenAIDialects: Sendable {
    private struct Key: Hashable {
        let url: String
        let model: String
    }

    /// More models than any registry has; beyond it, dialects are discovered again.
    private static let limit = 1_024

    private let known = Mutex<[Key: OpenAIDialect]>([:])

    /// Nothing is known of any server.
    package init() {}

    func dialect(of url: String, _ model: String) -> OpenAIDialect? {
        known.withLock { $0[Key(url: url, model: model)] }
    }

    func learn(_ dialect: OpenAIDialect, of url: String, _ model: String) {
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[Key(url: url, model: model)] = dialect
        }
    }
}
