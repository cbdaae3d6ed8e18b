package import GuildCodex

/// The files of a small codex: a clerk with a model and a GitHub, which tests add to.
package enum OfficeCodex {
    package static func files(
        vendor: String = "http://127.0.0.1:9", hub: String = "http://127.0.0.1:9"
    ) -> [String: String] {
        [
            "guild.yaml": guild(), "agents/clerk.yaml": agent(), "prompts/clerk.md": "You are the clerk.\n",
            "chapters/office.yaml": manifest("Chapter", "office", "master: clerk"),
            "providers/models.yaml": models(vendor), "connectors/github.yaml": connector(hub),
            "ingress/github.yaml": endpoint(), "adr/0001.md": "Decide once.\n",
        ]
    }

    /// A snapshot of the small codex with some files put in, replaced or (nil) taken out.
    package static func snapshot(_ changes: [String: String?] = [:]) throws -> CodexSnapshot {
        let folder = try TemporaryFolder()
        var files = files()
        for (path, text) in changes { files[path] = text }
        return try folder.snapshot(of: files, in: "codex")
    }

    /// One document; `spec` is YAML, and its lines are indented here.
    package static func manifest(_ kind: String, _ name: String, chapter: String? = nil, _ spec: String) -> String {
        let lines = spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
        let metadata = "{ name: \(name)\(chapter.map { ", chapter: \($0)" } ?? "") }"
        return "apiVersion: guild/v1\nkind: \(kind)\nmetadata: \(metadata)\nspec:\n\(lines.joined(separator: "\n"))\n"
    }

    package static func guild(_ defaults: String = "") -> String {
        manifest("Guild", "acme", "defaults: { retries: { max: 2, base: 10s, cap: 20s }\(defaults) }")
    }

    package static func agent(
        _ name: String = "clerk", model: String = "scripted", autonomy: Int = 3, _ more: String = ""
    ) -> String {
        manifest(
            "Agent", name, chapter: "Office",
            """
            type: Clerk
            version: "1.2.0"
            description: Answers issues.
            prompt: prompts/clerk.md
            model: \(model)
            tools:
              - { pattern: codex.read, autonomy: 3 }
              - { pattern: "github.get_*", autonomy: 3 }
              - { pattern: github.create_issue, autonomy: 0 }
              - { pattern: "github.*", autonomy: \(autonomy) }
            \(more)
            """)
    }

    package static func models(_ vendor: String, _ more: String = "") -> String {
        manifest(
            "LLMRegistry", "models",
            """
            providers:
              - { name: scripted, provider: openai-compatible, model: small, base_url: "\(vendor)", capabilities: [chat],
                  cost_per_1k_input: "0.001", cost_per_1k_output: "0.002", priority: 1 }
              - { name: spare, provider: openai-compatible, model: large, base_url: "\(vendor)", capabilities: [chat, vision],
                  max_output_tokens: 2048, priority: 2 }
              - { name: replayed, provider: replay, capabilities: [chat], priority: 3 }
            \(more)
            """)
    }

    package static func connector(_ hub: String) -> String {
        manifest(
            "Connector", "github",
            """
            type: bidirectional
            system: github
            connection: { base_url: "\(hub)", identity: guild-bot }
            """)
    }

    package static func endpoint(_ name: String = "github", _ more: String = "") -> String {
        manifest(
            "WebhookEndpoint", name,
            """
            system: github
            default: \(name == "github")
            chapter: office
            authentication: { secret_refs: ["env://WEBHOOK_SECRET", "env://NEXT_SECRET"] }
            \(more)
            """)
    }
}
