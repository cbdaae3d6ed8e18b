import GuildDomain

extension ModelFailure {
    package var hint: String? {
        switch self {
        case .notConfigured(_, _, let hint), .untrusted(_, _, let hint), .replayMiss(_, let hint): hint
        case .retryable(let provider, _, _, let status): Self.waiting(status, Self.entry(provider))
        case .rejected(let provider, _, _, let parameter?):
            "the server rejects '\(parameter)', which guild sends: name another model, or check provider and base_url "
                + "of \(Self.entry(provider))"
        case .rejected(let provider, let status, _, nil): Self.correcting(status, Self.entry(provider))
        case .broken(let provider, _):
            "try again; if this persists, check that base_url of \(Self.entry(provider)) speaks its format"
        case .stalled:
            "try again; a model that thinks for longer needs a higher modelIdleTimeout under `defaults` in guild.yaml"
        case .cancelled: nil
        case .billed(let cause, _): cause.hint
        }
    }

    private static func entry(_ provider: String) -> String {
        "model '\(provider)' in the LLMRegistry (providers/*.yaml)"
    }

    /// Advice if the same request may succeed later.
    private static func waiting(_ status: Int?, _ entry: String) -> String {
        switch status {
        case nil: "try again later; if this persists, check the network and base_url of \(entry)"
        case 408, 504, 522, 524:
            "the provider, or a proxy in front of it, timed out: try again; if this persists, request less at once or check "
                + "base_url of \(entry)"
        case 409: "the provider was busy with another request of the same kind: try again"
        case 425, 429:
            "the provider limits your rate: wait, run fewer agents at once (maxConcurrent, RateLimitPolicy), or have the "
                + "limit raised by the provider of \(entry)"
        case 503, 529: "the provider is overloaded: wait, or give routing.fallback_chain another model than \(entry)"
        case 501, 505: "the server does not support the request: check base_url of \(entry)"
        case 502, 520, 521, 523, 525, 526, 527, 530:
            "a proxy in front of the provider cannot reach it: try again later; if this persists, check base_url of \(entry)"
        default:
            "the provider failed: try again later, or give routing.fallback_chain another model than \(entry)"
        }
    }

    /// Advice if the same request would be refused again.
    private static func correcting(_ status: Int, _ entry: String) -> String {
        switch status {
        case 201..<300: "the server sends no answer: check provider and base_url of \(entry)"
        case 300..<400: "the address has moved: set base_url of \(entry) to the new one"
        case 401: "check api_key of \(entry): the provider rejects it"
        case 402, 429:
            "the account at the provider has no credit or quota left: add some, or name another model than \(entry)"
        case 403: "check api_key of \(entry): the provider knows it, but it may not use this model"
        case 404: "the provider has no such model or address: check model and base_url of \(entry)"
        case 405, 406, 415: "the server does not speak this format: check provider and base_url of \(entry)"
        case 413: "the request is too large: give the agent less context, or a model with a larger window than \(entry)"
        case 500...:
            "the provider failed and says that retrying will not help: see its status page, or name another model than "
                + entry
        default: "fix the cause: \(entry), or the agent's prompt"
        }
    }
}
