/// The smallest codex that goes the whole road: one agent that answers issues, a model, GitHub, a webhook's door.
enum ClerkCodex {
    static func files(model: String, github: String, changing changes: [String: String?]) -> [String: String] {
        var files = [
            "guild.yaml": guild(), "agents/clerk.yaml": agent(),
            "prompts/clerk.md": "You are the clerk of this office.\n",
            "providers/models.yaml": models(at: model), "connectors/github.yaml": connector(at: github),
            "ingress/github.yaml": endpoint(),
        ]
        for (name, text) in changes { files[name] = text }
        return files
    }

    /// - Parameter defaults: members of `spec.defaults`, as YAML on one line.
    static func guild(defaults: String = "") -> String {
        """
        apiVersion: guild/v1
        kind: Guild
        metadata: { name: acme }
        spec:
          timezone: UTC
          manaPool: { perDay: 10M, perMonth: 100M }
          defaults: { retries: { max: 2, base: 10ms, cap: 20ms }\(defaults.isEmpty ? "" : ", " + defaults) }

        """
    }

    /// - Parameters:
    ///   - autonomy: what it may do with GitHub.
    ///   - more: members of `spec`, lines indented by two.
    static func agent(_ name: String = "clerk", autonomy: Int = 3, more: String = "") -> String {
        """
        apiVersion: guild/v1
        kind: Agent
        metadata: { name: \(name) }
        spec:
          type: Clerk
          version: "1.0.0"
          prompt: prompts/clerk.md
          model: scripted
          triggers:
            - { type: webhook, source: github, events: [issues.opened] }
            - { type: manual }
          tools:
            - { pattern: codex.read, autonomy: 3 }
            - { pattern: "github.*", autonomy: \(autonomy) }
        \(more)
        """
    }

    static func models(at address: String, prices: String = "cost_per_1k_input: 0.003, cost_per_1k_output: 0.015")
        -> String
    {
        """
        apiVersion: guild/v1
        kind: LLMRegistry
        metadata: { name: models }
        spec:
          providers:
            - { name: scripted, provider: anthropic, model: claude-test, base_url: "\(address)",
                api_key: "env://MODEL_KEY", context_window: 200000, max_output_tokens: 512, \(prices) }

        """
    }

    static func connector(at address: String) -> String {
        """
        apiVersion: guild/v1
        kind: Connector
        metadata: { name: github }
        spec:
          type: bidirectional
          system: github
          connection:
            base_url: "\(address)"
            identity: guild-bot
            auth: { type: bearer, secret_ref: "env://GITHUB_TOKEN" }

        """
    }

    /// - Parameter more: members of `spec`, lines indented by two.
    static func endpoint(_ name: String = "github", isDefault: Bool = true, more: String = "") -> String {
        """
        apiVersion: guild/v1
        kind: WebhookEndpoint
        metadata: { name: \(name) }
        spec:
          system: github
          default: \(isDefault)
          authentication: { secret_refs: ["env://GITHUB_WEBHOOK_SECRET"] }
        \(more)
        """
    }
}
