package import GuildConnectors
package import GuildDomain
package import GuildTransport

/// The settings for calling a provider of models: an entry of the codex's LLMRegistry in plain values.
package struct ProviderSettings: Sendable {
    /// The wire format.
    package enum Kind: String, Sendable, CaseIterable {
        case anthropic, openai, google, ollama, replay
        case openAICompatible = "openai-compatible"
    }

    /// For messages and audit; nil takes the kind's own name.
    package var name: String?
    package var kind: Kind
    /// Nil takes the vendor's own address; an OpenAI-compatible one may be given with or without `/v1`.
    package var baseURL: String?
    /// The model of a request that names none.
    package var model: String
    /// Resolved at the moment of use and never kept; nil for a local server that asks for none.
    package var apiKey: @Sendable () async throws -> String?
    /// The bytes of a recording, for `replay`.
    package var recording: [UInt8]?
    /// How long each phase of a call may take.
    package var timeouts: HTTPTimeouts
    /// Masks the provider's error texts.
    package var redactor = Redactor()
    /// The discovered dialects of OpenAI-compatible servers.
    package var dialects = OpenAIDialects()
    /// The clock of waits that a provider asks for, and of the wait for the end of a complete answer.
    package var time: any TimeSource = SystemTime()

    package init(
        name: String? = nil, kind: Kind, baseURL: String? = nil, model: String = "",
        apiKey: @escaping @Sendable () async throws -> String? = { nil }, recording: [UInt8]? = nil,
        timeouts: HTTPTimeouts = ProviderSettings.modelTimeouts
    ) {
        self.name = name
        self.kind = kind
        self.baseURL = baseURL
        self.model = model
        self.apiKey = apiKey
        self.recording = recording
        self.timeouts = timeouts
    }

    /// A long answer may stream for many minutes, but must never be silent for long.
    package static let modelTimeouts = HTTPTimeouts(
        connect: .seconds(10), firstByte: .seconds(60), idle: .seconds(60), total: .seconds(1800))
}

extension ProviderSettings {
    /// Anthropic's own address.
    package static let anthropicURL = "https://api.anthropic.com"
    /// OpenAI's own address.
    package static let openAIURL = "https://api.openai.com"
    /// Ollama's default address.
    package static let ollamaURL = "http://127.0.0.1:11434"

    /// - Throws: `notConfigured` if the settings cannot work at all; a missing key shows only at the call.
    package func provider(client: HTTPClient) throws(ModelFailure) -> any ModelProvider {
        let label = name ?? kind.rawValue
        switch kind {
        case .anthropic:
            return AnthropicProvider(connection(label, Self.anthropicURL, client), model: model)
        case .openai:
            return OpenAIProvider(
                connection(label, Self.openAIURL, client), model: model, isRelay: baseURL != nil, dialects: dialects)
        case .ollama:
            return OpenAIProvider(connection(label, Self.ollamaURL, client), model: model, dialects: dialects)
        case .openAICompatible:
            guard baseURL != nil else {
                throw .notConfigured(
                    provider: label, reason: "an openai-compatible provider has no address",
                    hint: "set base_url in its entry of the LLMRegistry")
            }
            return OpenAIProvider(connection(label, Self.openAIURL, client), model: model, dialects: dialects)
        case .google:
            throw .notConfigured(
                provider: label, reason: "this version does not support Gemini's own wire format",
                hint: "use provider: openai-compatible with base_url: "
                    + "https://generativelanguage.googleapis.com/v1beta/openai")
        case .replay:
            return ReplayProvider(try readRecording(label))
        }
    }

    private func connection(_ label: String, _ vendorURL: String, _ client: HTTPClient) -> ProviderConnection {
        ProviderConnection(
            provider: label, client: client, baseURL: baseURL ?? vendorURL,
            needsKey: baseURL == nil && kind != .ollama, apiKey: apiKey, timeouts: timeouts, time: time,
            redactor: redactor)
    }

    private func readRecording(_ label: String) throws(ModelFailure) -> Recording {
        guard let recording else {
            throw .notConfigured(
                provider: label, reason: "no recording to replay",
                hint: "set recording: recordings/NAME.jsonl in its entry of the LLMRegistry")
        }
        do {
            return try Recording(bytes: recording)
        } catch {
            throw .notConfigured(provider: label, reason: error.message, hint: error.hint ?? "correct that line")
        }
    }
}
