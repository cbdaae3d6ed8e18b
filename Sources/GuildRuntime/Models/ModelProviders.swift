package import GuildCodex
package import GuildConnectors
package import GuildDomain
package import GuildTransport

/// Makes the provider of a chosen model, with its key resolved at the moment of use.
package struct ModelProviders: Sendable {
    /// A replacement by `guild run` for the registry's provider.
    package enum Substitute: Sendable {
        /// `--replay FILE`.
        case replay(Recording)
        /// `--record FILE`: the real provider, its answers written down.
        case record(path: String)
    }

    private let client: HTTPClient
    private let secrets: SecretResolver
    private let substitute: Substitute?
    private let idleTimeout: Duration?
    private let dialects = OpenAIDialects()
    private let onProblem: @Sendable (Failure) -> Void

    /// - Parameter onProblem: called if a recording cannot be written; the answer itself is not lost.
    package init(
        client: HTTPClient, secrets: SecretResolver, substitute: Substitute? = nil, idleTimeout: Duration? = nil,
        onProblem: @escaping @Sendable (Failure) -> Void
    ) {
        self.client = client
        self.secrets = secrets
        self.substitute = substitute
        self.idleTimeout = idleTimeout
        self.onProblem = onProblem
    }

    /// Masks known secrets in requests to a model and in its answers.
    var redactor: Redactor { secrets.redactor }

    /// Reads the secrets of the codex's local references, before any text that contains one of them reaches a model.
    func know(secretsOf snapshot: CodexSnapshot) { secrets.know(secretsOf: snapshot) }

    /// - Parameter volatile: the values of this invocation that a recording's key must not depend on.
    package func provider(
        of chosen: ChosenModel, agent: String, in snapshot: CodexSnapshot, volatile: [(name: String, value: String)]
    ) throws -> any ModelProvider {
        switch substitute {
        case .replay(let recording): return ReplayProvider(recording, volatile: volatile)
        case .record(let path):
            let real = try settings(of: chosen.entry, agent: agent, in: snapshot).provider(client: client)
            return Recorder(real, path: path, volatile: volatile, onProblem: onProblem)
        case nil:
            return try settings(of: chosen.entry, agent: agent, in: snapshot).provider(client: client)
                .forRun(volatile: volatile)
        }
    }

    /// An entry of the registry in plain values. A replay entry that names no recording takes the agent's own.
    private func settings(
        of entry: ModelProviderManifest, agent: String, in snapshot: CodexSnapshot
    ) throws(ModelFailure) -> ProviderSettings {
        guard let kind = ProviderSettings.Kind(rawValue: entry.vendor.rawValue) else {
            throw .notConfigured(
                provider: entry.name, reason: "there is no provider '\(entry.vendor.rawValue)'",
                hint: "correct the LLMRegistry")
        }
        let key: @Sendable () async throws -> String? = { [secrets] in
            guard let reference = entry.apiKey else { return nil }
            return try await secrets.resolve(reference, for: entry.secretUse).reveal()
        }
        var timeouts = ProviderSettings.modelTimeouts
        if let idleTimeout {
            timeouts.firstByte = idleTimeout
            timeouts.idle = idleTimeout
        }
        var settings = ProviderSettings(
            name: entry.name, kind: kind, baseURL: entry.baseURL, model: entry.model, apiKey: key, timeouts: timeouts)
        settings.redactor = secrets.redactor
        settings.dialects = dialects
        if kind == .replay {
            let path = entry.recording ?? "recordings/\(agent).jsonl"
            guard let bytes = snapshot.file(path) else {
                throw .notConfigured(
                    provider: entry.name, reason: "agent \(agent) has no recording \(path)",
                    hint: "record one with `guild run \(agent) --model PROVIDER --record \(path)`, or give the agent a "
                        + "real model: change `model:` in agents/\(agent).yaml")
            }
            settings.recording = bytes
        }
        return settings
    }
}
