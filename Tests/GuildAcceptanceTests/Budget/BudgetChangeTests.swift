import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Budget {
    /// What people change of running budgets, and what the books say of it.
    struct BudgetChangeTests {
        /// The starter's greeter with room for one run a day.
        private static let tight = """
            apiVersion: guild/v1
            kind: Agent
            metadata: { name: greeter }
            spec:
              type: Greeter
              version: "1.0.0"
              prompt: prompts/greeter.md
              model: authored-replay
              triggers: [{ type: manual }]
              resources:
                tokenBudget: { perInvocation: 8K, perDay: 3K }
              tools:
                - { pattern: codex.read, autonomy: 3 }

            """

        private func day(_ standing: JSONValue?) -> JSONValue? {
            standing?.array?.first { $0["period"] == "day" }?["tokens"]
        }

        @Test func `a grant adds to the running day, is recorded with its reason, and shows`() async throws {
            let codex = try await Budget.used(runs: 1, greeter: Self.tight)
            let granted = try await codex.json(
                "budget", "grant", "agent/greeter", "50K", "--period", "day", "--reason", "launch day")
            #expect(granted["account"] == "agent/greeter")
            #expect(day(granted["before"])?["limit"] == 3000)
            #expect(day(granted["after"])?["limit"] == 53_000)
            #expect(day(granted["after"])?["used"] == .integer(Budget.runTokens))
            #expect(granted.value(at: ["grants", "0", "reason"]) == "launch day")
            #expect(granted["woken"] == [])

            let entries = try await codex.audit("budget.granted")
            #expect(entries.count == 1)
            #expect(entries.first?["actor"]?.string?.hasPrefix("user:") == true)
            let shown = try await codex.json("budget", "show", "greeter")
            #expect(shown.value(at: ["grants", "0", "tokens"]) == 50_000)
            let limit = shown["limits"]?.array?.first { $0["name"] == "tokenBudget.perDay" }
            #expect(limit?["value"] == 3000)
            #expect(limit?["limit"] == 53_000)
            #expect(limit?["remaining"] == .integer(53_000 - Budget.runTokens))
            #expect(limit?["from"] == "agents/greeter.yaml:10" || limit?["from"]?.string?.hasPrefix("agents/") == true)
            let report = try await codex.json("budget", "report")
            #expect(report.value(at: ["breakdown", "0", "limits", "0", "limit"]) == 53_000)
            #expect(report.value(at: ["breakdown", "0", "limits", "0", "granted"]) == 50_000)
            #expect(try await codex.isAuditValid())
        }

        @Test func `what a budget stopped goes on when it is granted more`() async throws {
            let codex = try await Budget.used(runs: 0, greeter: Self.tight)
            var status: Int32? = 0
            for _ in 0..<6 where status == 0 { status = try await codex.guild("run", "greeter").status }
            #expect(status == 4)
            let shown = try await codex.json("budget", "show", "agent/greeter")
            #expect(shown["waiting"] == 1)
            #expect(shown["limits"]?.array?.allSatisfy { $0["frees_up"]?.string != nil } == true)
            let granted = try await codex.json("budget", "grant", "greeter", "50K", "--reason", "go on")
            #expect(granted["woken"]?.array?.count == 1)
            #expect(granted["still_waiting"] == 0)
            #expect(try await codex.guild("serve", "--once").status == 0)
            let verified = try await codex.json("budget", "verify")
            #expect(verified["sound"] == true)
        }

        @Test func `a grant that is nonsense is refused and nothing is recorded`() async throws {
            let codex = try await Budget.used(runs: 1)
            func refused(_ account: String, _ tokens: String, _ more: String..., words: String...) async throws {
                let finished = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), ["budget", "grant", account, tokens] + more,
                    environment: codex.environment, directory: codex.repository)
                #expect(finished.status == 2, "\(finished.errors)")
                #expect(finished.output.isEmpty)
                for word in words { #expect(finished.errors.contains(word), "no '\(word)' in \(finished.errors)") }
            }
            try await refused("greeter", "50K", words: "--reason")
            try await refused("greeter", "50K", "--reason", " ", words: "--reason is empty", "hint: ")
            try await refused("greeter", "0", "--reason", "x", words: "0 tokens", "hint: ")
            try await refused("greeter", "lots", "--reason", "x", words: "'lots' is not a count", "200K")
            try await refused("greeter", "--reason", "x", "--", "-5", words: "-5")
            try await refused("greeter", "9000000M", "--reason", "x", words: "the limit of one grant", "hint: ")
            try await refused("greeter", "1", "--cost", "free", "--reason", "x", words: "--cost 'free'", "2.50")
            try await refused("greeter", "1", "--period", "dya", "--reason", "x", words: "did you mean 'day'?")
            try await refused("greter", "1", "--reason", "x", words: "did you mean 'greeter'?")
            try await refused("agnet/greeter", "1", "--reason", "x", words: "did you mean 'agent/greeter'?")
            try await refused("greeter", "1", "--period", "month", "--reason", "x", words: "agent/greeter", "hint: ")
            for tokens in ["0", "50K"] {
                try await refused(
                    "greeter", tokens, "--cost", "5", "--reason", "x",
                    words: "agent/greeter has no limit on money, so there is nothing to raise", "tokens by day")
            }
            try await refused(
                "greeter", "50K", "--period", "invocation", "--reason", "x",
                words: "each run's own: grant to invocation/ID")
            #expect(try await codex.audit("budget.granted").isEmpty)
        }

        /// At nothing the organisation is at red at once, which alone would keep the run from being taken up.
        @Test(arguments: ["1K", "0"])
        func `a throttle lowers a limit until it is lifted`(tokens: String) async throws {
            let codex = try await Budget.used(runs: 1)
            let throttled = try await codex.json(
                "budget", "throttle", "agent/greeter", "50%", "--until", "2h", "--reason", "slow down")
            #expect(day(throttled["before"])?["limit"] == 50_000)
            #expect(day(throttled["after"])?["limit"] == 25_000)
            #expect(throttled.value(at: ["throttle", "to", "permille"]) == 500)
            #expect(throttled.value(at: ["throttle", "until"])?.string != nil)
            let stopped = try await codex.guild("budget", "throttle", "organization", tokens, "--reason", "stop")
            #expect(stopped.status == 0, "\(stopped.errors)")
            expectRefusal(try await codex.guild("run", "greeter"), 4, "organization", "guild budget grant")
            let lifted = try await codex.guild("budget", "throttle", "organization", "--lift")
            #expect(lifted.status == 0, "\(lifted.errors)")
            expectRefusal(
                try await codex.guild("budget", "throttle", "organization", "--lift"), 2, "organization",
                "not throttled")
            #expect(try await codex.guild("run", "greeter").status == 0)
            #expect(try await codex.audit("budget.throttled").count == 2)
            #expect(try await codex.audit("budget.throttle_lifted").count == 1)
        }

        @Test(arguments: [
            ("platform 1.5 --reason x", "1.5"), ("platform 100% --reason x", "100%"), ("platform 1 --reason x", "'1'"),
            ("platform --reason x -- -1", "'-1'"), ("platform --reason x", "--lift"), ("platform 0.5", "--reason"),
            ("platform --lift --until 2h", "--lift"), ("platfrm 0.5 --reason x", "did you mean 'platform'?"),
            ("platform 0.5 --reason x --until 2020-01-01", "is in the past"),
            ("platform 0.5 --reason x --until soon", "--until 'soon'"),
        ])
        func `a throttle that lowers nothing is refused`(line: String, word: String) async throws {
            let codex = try await TemporaryCodex.clerk(changing: [
                "chapters/platform.yaml": """
                apiVersion: guild/v1
                kind: Chapter
                metadata: { name: platform }
                spec: { tokenBudget: { perDay: 1M } }

                """
            ])
            let finished = try await ChildProcess.run(
                try BuiltProducts.path(of: "guild"),
                ["budget", "throttle"] + line.split(separator: " ").map(String.init),
                environment: codex.environment, directory: codex.repository)
            #expect(finished.status == 2 || finished.status == 6, "\(finished.errors)")
            #expect(finished.errors.contains(word), "no '\(word)' in \(finished.errors)")
        }

        @Test func `show finds an account by its bare name, and every kind by its full one`() async throws {
            let codex = try await Budget.used(runs: 1)
            let report = try await codex.json("budget", "report", "--by", "root")
            let root = try #require(report.value(at: ["breakdown", "0", "name"])?.string)
            let invocation = try #require(
                try await codex.audit("invocation.begun").first?["subject"]?.string)
            for (asked, name) in [
                ("greeter", "agent/greeter"), ("Greeter", "agent/greeter"), ("organisation", "organization"),
                (root, "root/\(root)"), ("root/\(root)", "root/\(root)"), (invocation, "invocation/\(invocation)"),
            ] {
                let shown = try await codex.json("budget", "show", asked)
                #expect(shown["account"] == .string(name))
                #expect(shown.value(at: ["total", "used"]) == .integer(Budget.runTokens), "\(asked)")
                #expect(shown["entries"]?.array?.isEmpty == false, "\(asked)")
            }
            let text = try await codex.guild("budget", "show", "greeter").output
            #expect(text.contains("tokenBudget.perDay"))
            #expect(text.contains("settle"))
            for format in ["json", "yaml", "csv", "table"] {
                let shown = try await codex.guild("budget", "show", "organization", "-o", format)
                #expect(shown.status == 0)
                #expect(!shown.output.isEmpty)
            }
        }
    }
}
