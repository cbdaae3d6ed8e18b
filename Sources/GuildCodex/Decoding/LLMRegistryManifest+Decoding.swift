import GuildDomain

extension LLMRegistryManifest {
    init(_ metadata: Metadata, spec: MappingReader) {
        self.init(metadata: metadata)
        providers = (spec["providers"]?.elements() ?? []).compactMap { ModelProviderManifest($0) }
        spec["routing"]?.mapping { reader in
            routing.strategy = reader["strategy"]?.read(.oneOf(ModelStrategy.self))
            if routing.strategy != nil { reader["strategy"]?.notRunYet(.modelStrategy) }
            routing.fallbackChain = reader["fallback_chain"]?.names(of: .provider) ?? []
        }
        spec["failover"]?.mapping { reader in
            failover.maxRetries = reader["max_retries"]?.read(.integer(in: 0...100))
            failover.backoff = reader["backoff"]?.read(.oneOf(Failover.Backoff.self)) ?? failover.backoff
            failover.onAllFail = reader["on_all_fail"]?.read(.oneOf(Failover.OnAllFail.self)) ?? failover.onAllFail
        }
        spec["failover"]?.notRunYet(.failover)
    }
}

extension ModelProviderManifest {
    fileprivate init?(_ reader: NodeReader) {
        let provider = reader.mapping { mapping -> Self? in
            let name = mapping.required("name", "the name that agents use")?.read(.dnsLabel)
            let vendor = mapping.required("provider", Vendor.allCases.map(\.rawValue).joined(separator: ", "))?
                .read(.oneOf(Vendor.self))
            var provider = Self(
                name: name ?? "", vendor: vendor ?? .replay, model: "", location: reader.location)
            provider.model =
                vendor == .replay
                ? mapping["model"]?.filledText() ?? "replay"
                : mapping.required("model", "the vendor's name of the model")?.filledText() ?? ""
            provider.readEndpoint(mapping, vendor)
            provider.contextWindow = mapping["context_window"]?.read(.tokens)
            provider.maxOutputTokens = mapping["max_output_tokens"]?.read(.tokens)
            provider.prices = Self.prices(mapping) ?? (vendor == .replay ? .free : nil)
            provider.capabilities = mapping["capabilities"]?.texts() ?? []
            provider.priority = mapping["priority"]?.read(.integer(in: Int.min...Int.max)) ?? provider.priority
            provider.useFor = mapping["use_for"]?.texts() ?? []
            provider.rateLimit = mapping["rate_limit"]?.mapping {
                ModelRateLimit(
                    requestsPerMinute: $0["requests_per_minute"]?.read(.integer(in: 1...10_000_000)),
                    tokensPerMinute: $0["tokens_per_minute"]?.read(.tokens))
            }
            if vendor == .google { mapping["provider"]?.notRunYet(.geminiFormat) }
            mapping["use_for"]?.notRunYet(.useFor)
            mapping["rate_limit"]?.notRunYet(.modelRateLimit)
            return name == nil || vendor == nil ? nil : provider
        }
        guard let provider else { return nil }
        self = provider
    }

    private mutating func readEndpoint(_ mapping: MappingReader, _ vendor: Vendor?) {
        switch vendor {
        case .anthropic, .openai, .google:
            apiKey = mapping.required("api_key", NodeReader.secretForm)?.secret()
        default:
            apiKey = mapping["api_key"]?.secret()
        }
        baseURL =
            vendor == .openaiCompatible
            ? mapping.required("base_url", "the address of the service")?.address(carriesSecret: apiKey != nil)
            : mapping["base_url"]?.address(carriesSecret: apiKey != nil)
        if let reader = mapping["recording"] {
            recording = reader.codexPath(.file("recording"))
            if let vendor, vendor != .replay {
                reader.problem("a recording for \(vendor.rawValue)", expected: "`provider: replay`")
            }
        }
    }

    private static func prices(_ mapping: MappingReader) -> TokenPrices? {
        let input = mapping["cost_per_1k_input"]?.read(.price)
        let output = mapping["cost_per_1k_output"]?.read(.price)
        let cached = mapping["cost_per_1k_cached_input"]?.read(.price)
        let written = mapping["cost_per_1k_cache_write"]?.read(.price)
        let reasoning = mapping["cost_per_1k_reasoning"]?.read(.price)
        guard [input, output, cached, written, reasoning].contains(where: { $0 != nil }) else { return nil }
        // A price list with gaps would charge nothing for the missing classes.
        guard let input, let output else {
            if input == nil { _ = mapping.required("cost_per_1k_input", "the price of input, as another is given") }
            if output == nil { _ = mapping.required("cost_per_1k_output", "the price of output, as another is given") }
            return nil
        }
        return TokenPrices(
            input: input, cacheRead: cached ?? input, cacheWrite: written ?? input, output: output,
            reasoning: reasoning ?? output)
    }
}

extension TokenPrices {
    static let free = TokenPrices(input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0)
}
