import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Push {
    struct PlanTests {
        private func changes(_ codex: TemporaryCodex, _ old: String, _ new: String) async throws -> [[String]] {
            let plan = try await codex.json("registry", "plan", old, new)
            return (plan["changes"]?.array ?? []).map { change in
                ["section", "subject", "what", "kind", "effect"].map { change[$0]?.string ?? "" }
            }
        }

        @Test func `a plan says what agents may do, spend and are woken by, and which way it goes`() async throws {
            let codex = try await TemporaryCodex.clerk(changing: [
                "agents/clerk.yaml": ClerkCodex.agent(
                    autonomy: 1, more: "  resources: { tokenBudget: { perInvocation: 8000, perDay: 1M } }")
            ])
            let more = """
                  resources: { tokenBudget: { perInvocation: 4000 } }
                  safety: { canEscalateToHuman: true }
                """
            let agent = ClerkCodex.agent(autonomy: 3, more: more).replacingOccurrences(
                of: "    - { type: manual }",
                with: "    - { type: manual }\n    - { type: cron, name: patrol, schedule: \"*/5 * * * *\" }")
            try codex.write([
                "agents/clerk.yaml": "# a comment moves every line\n" + agent,
                "agents/scout.yaml": ClerkCodex.agent("scout"),
                "prompts/clerk.md": "You are new here.\n",
            ])
            try await codex.commit()
            let found = try await changes(codex, "HEAD~1", "HEAD")
            let clerk = "agent clerk"
            for expected in [
                ["agents", "agent scout", "", "added", "neutral"], ["agents", clerk, "prompt", "changed", "neutral"],
                ["tools", clerk, "github.create_issue", "changed", "widens"],
                ["tools", "agent scout", "github.create_issue", "added", "widens"],
                ["permissions", clerk, "canEscalateToHuman", "added", "neutral"],
                ["budgets", clerk, "tokenBudget.perDay", "removed", "widens"],
                ["budgets", clerk, "tokenBudget.perInvocation", "changed", "narrows"],
                ["schedules", clerk, "patrol", "added", "neutral"],
            ] { #expect(found.contains(expected), "\(expected) in \(found)") }
            #expect(!found.contains { $0[1] == clerk && $0[2] == "version" })
            let text = try await codex.guild("registry", "plan", "HEAD~1", "HEAD")
            #expect(text.output.contains("1, a person must agree → 3, does it  [more]"), "\(text.output)")
        }

        @Test func `a plan tells of a token that is let in, and of a catch-up that reaches further`() async throws {
            let patrol = { (window: String) in
                ClerkCodex.agent().replacingOccurrences(
                    of: "    - { type: manual }",
                    with: """
                            - { type: manual }
                            - { type: cron, name: patrol, schedule: "0 9 * * *", catchUp: { policy: run_all, window: \(window) } }
                        """)
            }
            let codex = try await TemporaryCodex.clerk(changing: ["agents/clerk.yaml": patrol("1h")])
            let token = "  api: { tokens: [{ name: ada, secret_ref: \"env://ADA\", scopes: [\"agents:write\"] }] }\n"
            try codex.write([
                "agents/clerk.yaml": patrol("2d"), "guild.yaml": ClerkCodex.guild() + token,
            ])
            try await codex.commit()
            let found = try await changes(codex, "HEAD~1", "HEAD")
            #expect(
                found.contains { $0[0] == "permissions" && $0[2] == "API token ada" && $0[4] == "widens" }, "\(found)")
            #expect(found.contains { $0[0] == "schedules" && $0[2] == "patrol" && $0[3] == "changed" }, "\(found)")
        }

        @Test func `what only looks different is no change, and an invalid commit has no plan`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let text = ClerkCodex.agent()
            try codex.write(["agents/clerk.yaml": "# moved\n\n" + text])
            try await codex.commit()
            #expect(try await changes(codex, "HEAD~1", "HEAD").isEmpty)
            #expect(try await codex.guild("registry", "plan", "HEAD~1", "HEAD").output.contains("nothing changes"))
            try codex.write(PushedCodex.bad)
            try await codex.commit()
            #expect(try await codex.guild("registry", "plan", "HEAD~1", "HEAD").status == 3)
            #expect(try await codex.guild("registry", "plan", "nowhere", "HEAD").status == 2)
        }

        @Test func `an agent's history lists the commits that changed it, with versions`() async throws {
            let codex = try await TemporaryCodex.clerk()
            func commit(_ files: [String: String]) async throws -> String {
                try codex.write(files)
                try await codex.commit()
                return try await codex.git("rev-parse", "HEAD")
            }
            let first = try await codex.git("rev-parse", "HEAD")
            _ = try await commit(["agents/scout.yaml": ClerkCodex.agent("scout")])
            let prompt = try await commit(PushedCodex.prompt(1))
            let two = ClerkCodex.agent().replacingOccurrences(of: "1.0.0", with: "2.0.0")
            let version = try await commit(["agents/clerk.yaml": two])
            let bad = try await commit(["agents/clerk.yaml": two + "  promt: x\n"])
            try await codex.git("mv", "agents/clerk.yaml", "agents/the-clerk.yaml")
            let moved = try await commit(["agents/the-clerk.yaml": two])
            _ = try await commit(["agents/scout.yaml": ClerkCodex.agent("scout", autonomy: 1)])

            let history = try await codex.json("registry", "history", "clerk").array ?? []
            #expect(history.map { $0["commit"]?.string } == [moved, bad, version, prompt, first])
            #expect(history.map { $0["valid"] } == [true, false, true, true, true])
            #expect(history.map { $0["version"]?.string } == ["2.0.0", nil, "2.0.0", "1.0.0", "1.0.0"])
            #expect(history[2]["version_before"] == "1.0.0")
            #expect(history.last?["changes"] == ["added"])
            #expect(history[3]["changes"] == ["prompt"])
            #expect(try await codex.guild("registry", "history", "nobody").status == 2)
        }
    }
}
