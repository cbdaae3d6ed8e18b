package import GuildDomain

/// `kind: LLMRegistry`: the available models and the fallbacks for failures.
package struct LLMRegistryManifest: Manifest {
    package struct Routing: Sendable, Hashable {
        package var strategy: ModelStrategy?
        /// Provider names, tried in order after the chosen one.
        package var fallbackChain: [String] = []

        package init() {}
    }

    package struct Failover: Sendable, Hashable {
        package enum Backoff: String, Sendable, CaseIterable { case exponential, constant }
        package enum OnAllFail: String, Sendable, CaseIterable {
            case queueForLater = "queue_for_later"
            case fail
        }

        package var maxRetries: Int?
        package var backoff: Backoff = .exponential
        package var onAllFail: OnAllFail = .fail

        package init() {}
    }

    package var metadata: Metadata
    package var providers: [ModelProviderManifest] = []
    package var routing = Routing()
    package var failover = Failover()

    package init(metadata: Metadata) { self.metadata = metadata }
}

/// One model of one vendor.
package struct ModelProviderManifest: Sendable, Hashable {
    package enum Vendor: String, Sendable, CaseIterable {
        case anthropic, openai, google, ollama
        case openaiCompatible = "openai-compatible"
        case replay
    }

    package var name: String
    /// `provider`: whose wire format it speaks.
    package var vendor: Vendor
    /// The vendor's own name of the model.
    package var model: String
    package var baseURL: String?
    package var apiKey: SecretReference?
    /// Tokens.
    package var contextWindow: Int64?
    package var maxOutputTokens: Int64?
    /// nil means unknown, which is refused under a limit on money. A `replay` without prices is free.
    package var prices: TokenPrices?
    package var capabilities: [String] = []
    /// A lower number is tried first.
    package var priority: Int = 100
    /// Agent names, roles or labels (`tier=critical`).
    package var useFor: [String] = []
    package var rateLimit: ModelRateLimit?
    /// For a `replay`: a file below the codex root; nil takes `recordings/AGENT.jsonl`.
    package var recording: String?
    package var location: SourceLocation

    package init(name: String, vendor: Vendor, model: String, location: SourceLocation = SourceLocation(file: "")) {
        self.name = name
        self.vendor = vendor
        self.model = model
        self.location = location
    }
}

/// A vendor's rate limits per minute.
package struct ModelRateLimit: Sendable, Hashable {
    package var requestsPerMinute: Int?
    package var tokensPerMinute: Int64?

    package init(requestsPerMinute: Int? = nil, tokensPerMinute: Int64? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
    }
}
