import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    /// A codex that is valid, and in which something can never match or work.
    struct HopelessCodexTests {
        private static let scout = """
            apiVersion: guild/v1
            kind: Agent
            metadata: { name: scout }
            spec:
              type: Scout
              version: "1.0.0"
              description: no
              prompt: prompts/clerk.md
              model: scripted
              triggers:
                - { type: webhook, source: github, events: [issue.openend] }
                - { type: webhook, source: github, events: [issues] }
                - { type: webhook, source: githbu, events: [push] }
                - { type: webhook, source: github, events: [push], conditions: { action: [opened] } }
                - { type: cron, schedule: "0 0 30 2 *", on: "github:acme/shop" }
              resources: { costBudget: { perDay: "1" } }

            """

        @Test func `validate warns of each at its line, and of nothing in a good codex`() async throws {
            let codex = try await TemporaryCodex.clerk(changing: [
                "agents/scout.yaml": Self.scout,
                "guild.yaml": "apiVersion: guild/v1\nkind: Guild\nmetadata: { name: acme }\n",
                "providers/models.yaml": ClerkCodex.models(at: TemporaryCodex.nowhere, prices: "priority: 1"),
            ])
            let validation = try await codex.guild("registry", "validate")
            #expect(validation.status == 0, "\(validation.errors)")
            let lines = validation.output.split(separator: "\n").map(String.init)
            for (place, words) in [
                ("agents/scout.yaml:7:", "'no' is read as text, not as false"),
                ("agents/scout.yaml:11:", "'issue.openend', did you mean 'issues.opened'?"),
                ("agents/scout.yaml:12:", "'issues' alone matches none, expected `issues.*`"),
                ("agents/scout.yaml:13:", "no system 'githbu' sends events, did you mean 'github'?"),
                ("agents/scout.yaml:14:", "no attribute 'action'"),
                ("agents/scout.yaml:15:", "'0 0 30 2 *' is never due"),
                ("guild.yaml:1:", "no manaPool"),
                ("providers/models.yaml:6:", "model 'scripted' has no prices"),
            ] {
                let found = lines.filter { $0.hasPrefix(place) && $0.contains(words) && $0.contains(": warning: ") }
                #expect(found.count == 1, "\(place) \(words): \(validation.output)")
            }
            let good = try await TemporaryCodex.clerk().guild("registry", "validate")
            #expect(good.status == 0 && !good.output.contains(": warning: "), "\(good.output)")
        }

        @Test func `the sample codex has no warning but of what this version does not run`() async throws {
            let codex = try TemporaryCodex()
            let validation = try await codex.guild(
                "registry", "validate", TemporaryCodex.sampleFolder.path, in: codex.folder)
            #expect(validation.status == 0, "\(validation.errors)")
            let warnings = validation.output.split(separator: "\n").filter { $0.contains(": warning: ") }
            #expect(warnings.filter { !$0.contains("in this version") } == [])
        }

        @Test func `the codex that init writes has no warning`() async throws {
            let codex = try TemporaryCodex()
            let made = try await codex.guild("init", codex.folder + "/new", in: codex.folder)
            #expect(made.status == 0, "\(made.errors)")
            let validation = try await codex.guild("registry", "validate", codex.folder + "/new", in: codex.folder)
            #expect(validation.status == 0, "\(validation.errors)")
            #expect(!validation.output.contains(": warning: "), "\(validation.output)")
        }
    }
}
