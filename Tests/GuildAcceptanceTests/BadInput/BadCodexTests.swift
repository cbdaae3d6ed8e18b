import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    /// A codex with an error is not run on; the error is located.
    struct BadCodexTests {
        struct Fault: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let files: [String: String?]
            let words: [String]

            init(_ name: String, _ files: [String: String?], _ words: String...) {
                (testDescription, self.files, self.words) = (name, files, words)
            }
        }

        private static let clerk = "agents/clerk.yaml"

        static let faults: [Fault] = [
            Fault("broken YAML", [clerk: ClerkCodex.agent(more: "  labels: [unclosed")], "\(clerk):16:1", "not YAML"),
            Fault(
                "an unknown key", [clerk: ClerkCodex.agent(more: "  capabilites: [X]")], "\(clerk):15:3",
                "spec.capabilites: unknown key 'capabilites'", "did you mean 'capabilities'?"),
            Fault(
                "a circle of requirements",
                [
                    clerk: ClerkCodex.agent(more: "  dependencies: { requires: [scout] }"),
                    "agents/scout.yaml": ClerkCodex.agent("scout", more: "  dependencies: { requires: [clerk] }"),
                ], "agents/scout.yaml:15:", "a circle: clerk requires scout requires clerk"),
            Fault(
                "a requirement that is not there",
                [clerk: ClerkCodex.agent(more: "  dependencies: { requires: [clark] }")], "\(clerk):15:",
                "spec.dependencies.requires[0]: no agent 'clark'", "did you mean 'clerk'?"),
            Fault(
                "a requirement at another version",
                [
                    clerk: ClerkCodex.agent(more: #"  dependencies: { requires: ["scout >= 2.0"] }"#),
                    "agents/scout.yaml": ClerkCodex.agent("scout"),
                ], "\(clerk):15:", "scout is at 1.0.0", ">= 2.0"),
            Fault(
                "an absent prompt", ["prompts/clerk.md": nil, "prompts/clark.md": "You."], "\(clerk):7:",
                "no prompt file 'prompts/clerk.md'", "did you mean 'prompts/clark.md'?"),
            Fault(
                "a model that nobody registered",
                [
                    "providers/models.yaml": ClerkCodex.models(at: TemporaryCodex.nowhere).replacing(
                        "scripted", "scriptid")
                ],
                "\(clerk):8:", "no model 'scripted'", "did you mean 'scriptid'?"),
            Fault(
                "a literal secret",
                [
                    "providers/models.yaml": ClerkCodex.models(at: TemporaryCodex.nowhere)
                        .replacing("env://MODEL_KEY", TemporaryCodex.modelKey)
                ], "providers/models.yaml:7:", "spec.providers[0].api_key: a literal secret", "env://NAME"),
            Fault(
                "two agents of one name", ["agents/second.yaml": ClerkCodex.agent()], "a second agent 'clerk'",
                "the first is at \(clerk):"),
            Fault(
                "an unknown kind", ["agents/odd.yaml": "apiVersion: guild/v1\nkind: Agnet\nmetadata: { name: odd }\n"],
                "agents/odd.yaml:2:", "Agnet", "did you mean 'Agent'?"),
        ]

        @Test(arguments: faults)
        func `is refused with file, line and the nearest thing that exists`(fault: Fault) async throws {
            let codex = try await TemporaryCodex.clerk(changing: fault.files)
            let run = try await codex.guild("run", "clerk", "hello")
            expectRefusal(run, 3, "hint: ", "guild registry validate")
            for word in fault.words { #expect(run.errors.contains(word), "no '\(word)' in: \(run.errors)") }
            #expect(!run.errors.contains(TemporaryCodex.modelKey))
            #expect(run.output.isEmpty)

            let validation = try await codex.guild("registry", "validate")
            #expect(validation.status == 3)
            for word in fault.words {
                #expect(validation.output.contains(word), "no '\(word)' in: \(validation.output)")
            }
            #expect(!validation.output.contains(TemporaryCodex.modelKey))
        }

        @Test func `all problems come at once, and a good codex has none`() async throws {
            let all = Dictionary(Self.faults.prefix(2).flatMap { $0.files.map { ($0.key, $0.value) } }) { $1 }
            let codex = try await TemporaryCodex.clerk(
                changing: all.merging(["prompts/clerk.md": nil, "guild.yaml": ClerkCodex.guild() + "  timzone: UTC\n"])
                {
                    $1
                })
            let validation = try await codex.guild("registry", "validate", "-o", "json")
            #expect(validation.status == 3)
            let problems = try JSONParser.parse(validation.output).array ?? []
            #expect(Set(problems.compactMap { $0["file"]?.string }) == ["agents/clerk.yaml", "guild.yaml"])
            #expect(problems.contains { $0["suggestion"] == "timezone" })
            let good = try await TemporaryCodex.clerk().guild("registry", "validate")
            #expect(good.status == 0, "\(good.output)")
        }

        @Test func `serve refuses it too, and the refusal is in the audit log`() async throws {
            let codex = try await TemporaryCodex.clerk(changing: ["prompts/clerk.md": nil])
            expectRefusal(
                try await codex.guild("serve", "--listen", "127.0.0.1:0"), 3, "agents/clerk.yaml", "no prompt file",
                "hint: ")
            #expect(try await codex.audit("codex.refused").count == 1)
        }
    }
}

extension String {
    fileprivate func replacing(_ part: String, _ other: String) -> String {
        replacingOccurrences(of: part, with: other)
    }
}
