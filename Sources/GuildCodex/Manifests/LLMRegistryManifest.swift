package import GuildDomain

/// `kind: LLMRegistry`: the available models and the fallbacks for failures.
package struct LLMRegistryManifest: Manifest {
    /// How a model is chosen among several.
    package struct Routing: Sendable, Hashable {
        /// The order among suitable models; without effect yet.
        package var strategy: ModelStrategy?
        /// Provider names, tried in order after the chosen one.
        package var fallbackChain: [String] = []

        package init() {}
    }

    /// The reaction to failing models; without effect yet.
    package struct Failover: Sendable, Hashable {
        /// How the delay between tries grows.
        package enum Backoff: String, Sendable, CaseIterable { case exponential, constant }
        /// The reaction if every model fails.
        package enum OnAllFail: String, Sendable, CaseIterable {
            case queueForLater = "queue_for_later"
            case fail
        }

        /// The most tries on one model.
        package var maxRetries: Int?
        /// How the delay between tries grows.
        package var backoff: Backoff = .exponential
        /// The reaction if every model fails.
        package var onAllFail: OnAllFail = .fail

        package init() {}
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// The models, as written.
    package var providers: [ModelProviderManifest] = []
    /// How a model is chosen among several.
    package var routing = Routing()
    /// The reaction to failing models.
    package var failover = Failover()

    package init(metadata: Metadata) { self.metadata = metadata }
}

/// One model of one vendor.
package struct ModelProviderManifest: Sendable, Hashable {
    /// The wire format of a provider.
    package enum Vendor: String, Sendable, CaseIterable {
        case anthropic, openai, google, ollama
        case openaiCompatible = "openai-compatible"
        case replay
    }

    /// The name that agents use.
    package var name: String
    /// `provider`: whose wire format it speaks.
    package var vendor: Vendor
    /// The vendor's own name of the model.
    package var model: String
    /// The server's address; nil means the vendor's own.
    package var baseURL: String?
    /// The reference to the API key; nil sends none.
    package var apiKey: SecretReference?
    /// Tokens.
    package var contextWindow: Int64?
    /// The most tokens of an answer; nil leaves the built-in limit.
    package var maxOutputTokens: Int64?
    /// nil means unknown, which is refused under a limit on money. A `replay` without prices is free.
    package var prices: TokenPrices?
    /// Words that agents can require or prefer.
    package var capabilities: [String] = []
    /// A lower number is tried first.
    package var priority: Int = 100
    /// Agent names, roles or labels (`tier=critical`).
    package var useFor: [String] = []
    /// The vendor's own limits; without effect yet.
    package var rateLimit: ModelRateLimit?
    /// For a `replay`: a file below the codex root; nil takes `recordings/AGENT.jsonl`.
    package var recording: String?
    /// Where the entry is written.
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
    /// Requests in a minute.
    package var requestsPerMinute: Int?
    /// Tokens in a minute.
    package var tokensPerMinute: Int64?

    package init(requestsPerMinute: Int? = nil, tokensPerMinute: Int64? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
    }
}
