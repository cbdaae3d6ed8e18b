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
            #expect(text.output.contains("1, a person must approve → 3, does it  [more]"), "\(text.output)")
        }

        @Test func `an agent that goes is one line, and one that comes gets no less by having a budget`() async throws {
            let codex = try await TemporaryCodex.clerk()
            try await codex.git("rm", "--quiet", "agents/clerk.yaml")
            try codex.write(["agents/scribe.yaml": ClerkCodex.agent("scribe")])
            try await codex.commit()
            let found = try await changes(codex, "HEAD~1", "HEAD")
            let gone = found.filter { $0[1] == "agent clerk" && $0[0] != "routes" }
            #expect(gone == [["agents", "agent clerk", "", "removed", "narrows"]])
            let budgets = found.filter { $0[0] == "budgets" }
            #expect(!budgets.isEmpty)
            #expect(budgets.allSatisfy { $0[4] == "neutral" }, "\(budgets)")
            #expect(found.contains { $0[0] == "tools" && $0[1] == "agent scribe" && $0[4] == "widens" })
        }

        /// What a reviewer must not miss, though the diff of the meaning is small.
        @Test(arguments: [
            (
                "guild.yaml", "timezone: UTC",
                "timezone: UTC\n  api: { tokens: [{ name: eve, secret_ref: \"env://EVE\", scopes: [\"agents:write\"] }] }",
                ["permissions", "guild acme", "API token eve", "added", "widens"]
            ),
            (
                "connectors/github.yaml", "env://GITHUB_TOKEN", "env://OTHER_TOKEN",
                ["connections", "connector github", "auth", "changed", "widens"]
            ),
            (
                "ingress/github.yaml", "env://GITHUB_WEBHOOK_SECRET", "env://OTHER_SECRET",
                ["routes", "endpoint github/github", "", "changed", "widens"]
            ),
            (
                "providers/models.yaml", "env://MODEL_KEY", "env://OTHER_KEY",
                ["models", "model scripted", "api_key", "changed", "widens"]
            ),
            (
                "agents/clerk.yaml", "- { type: manual }", "- { type: manual, debounce: 30s }",
                ["routes", "agent clerk", "manual", "changed", "neutral"]
            ),
            (
                "guild.yaml", "base: 10ms", "base: 20ms", ["policies", "guild acme", "retries", "changed", "neutral"]
            ),
        ])
        func `a small change that matters is seen`(
            file: String, old: String, new: String, expected: [String]
        ) async throws {
            let codex = try await TemporaryCodex.clerk()
            let text = try String(contentsOfFile: codex.repository + "/" + file, encoding: .utf8)
            try codex.write([file: text.replacingOccurrences(of: old, with: new)])
            try await codex.commit()
            #expect(try await changes(codex, "HEAD~1", "HEAD") == [expected])
        }

        private static let policies = """
            apiVersion: guild/v1
            kind: RateLimitPolicy
            metadata: { name: limits }
            spec:
              limits:
                - { scope: agent, match: clerk, requests_per_hour: 3 }
                - { scope: sender, requests_per_hour: 20 }
            ---
            apiVersion: guild/v1
            kind: SafetyPolicy
            metadata: { name: safety }
            spec:
              ignore_senders: [dependabot]
              approvals:
                - { fields: [labels], conditions: { labels: [a, b, c, d, e, f, g, h, i, j] } }
                - { tools: [github.create_issue] }

            """

        /// Old and new text of what lets more through; the other way it lets less through.
        @Test(arguments: [
            (
                "policies/all.yaml", "requests_per_hour: 3 }", "requests_per_hour: 3000 }",
                "agent clerk requests_per_hour"
            ),
            ("policies/all.yaml", "    - { scope: agent, match: clerk, requests_per_hour: 3 }\n", "", "agent clerk"),
            ("policies/all.yaml", "requests_per_hour: 3 }", "requests_per_hour: 3, burst: 9 }", "agent clerk"),
            ("policies/all.yaml", "    - { scope: sender, requests_per_hour: 20 }\n", "", "sender requests_per_hour"),
            ("policies/all.yaml", "  ignore_senders: [dependabot]\n", "", "ignore_senders dependabot"),
            ("policies/all.yaml", "    - { tools: [github.create_issue] }\n", "", "github.create_issue"),
            ("policies/all.yaml", "i, j]", "i]", "every write with labels"),
            ("policies/all.yaml", "fields: [labels]", "fields: [labels], tools: [github.add_labels]", "labels"),
            ("providers/models.yaml", "input: 0.003", "input: 0.0003", "prices"),
            ("guild.yaml", "manaPool:", "reserve: { perDay: 1M }\n  manaPool:", "reserve.perDay"),
            ("guild.yaml", "perDay: 10M", "perDay: 20M", "manaPool.perDay"),
            ("guild.yaml", "timezone: UTC", "timezone: UTC\n  alerts: { yellow: 80 }", "alerts"),
            ("agents/clerk.yaml", ", conditions: { data.action: [opened] } }", " }", "webhook"),
            ("agents/clerk.yaml", "issues.opened]", "\"issues.*\"]", "webhook"),
            ("agents/clerk.yaml", "issues.opened]", "issues.opened, push]", "webhook"),
            ("agents/clerk.yaml", "data.action: [opened]", "data.action: [opened, closed]", "webhook"),
            ("agents/clerk.yaml", "perHour: 5", "perHour: 50", "actions.perHour"),
        ])
        func `what lets more through is marked, and undoing it too`(
            file: String, old: String, new: String, what: String
        ) async throws {
            let agent = ClerkCodex.agent(more: "  resources: { actions: { perHour: 5 } }\n")
                .replacingOccurrences(
                    of: "[issues.opened] }", with: "[issues.opened], conditions: { data.action: [opened] } }")
            let codex = try await TemporaryCodex.clerk(changing: [
                "policies/all.yaml": Self.policies, "agents/clerk.yaml": agent,
            ])
            let text = try String(contentsOfFile: codex.repository + "/" + file, encoding: .utf8)
            #expect(text.contains(old))
            try codex.write([file: text.replacingOccurrences(of: old, with: new)])
            try await codex.commit()
            // A reserve that comes leaves less for the rest.
            let (less, more) = what == "reserve.perDay" ? ("HEAD", "HEAD~1") : ("HEAD~1", "HEAD")
            let widened = try await changes(codex, less, more)
            #expect(widened.contains { $0[2].contains(what) && $0[4] == "widens" }, "\(widened)")
            #expect(!widened.contains { $0[4] == "narrows" }, "\(widened)")
            let narrowed = try await changes(codex, more, less)
            #expect(narrowed.contains { $0[2].contains(what) && $0[4] == "narrows" }, "\(narrowed)")
            #expect(!narrowed.contains { $0[4] == "widens" }, "\(narrowed)")
        }

        @Test func `a price is shown as the manifest writes it`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let file = codex.repository + "/providers/models.yaml"
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try codex.write([
                "providers/models.yaml": text.replacingOccurrences(of: "input: 0.003", with: "input: 0.25")
            ])
            try await codex.commit()
            let plan = try await codex.json("registry", "plan", "HEAD~1", "HEAD")
            let change = try #require(plan["changes"]?.array?.first)
            #expect(change["before"] == "cost_per_1k_input: 0.003, cost_per_1k_output: 0.015")
            #expect(change["after"] == "cost_per_1k_input: 0.25, cost_per_1k_output: 0.015")
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
