import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Budget {
    /// Who is told when a budget comes near to its end, as a person sees it.
    struct BudgetAlertTests {
        private static func files(_ chapter: String) -> [String: String] {
            [
                "chapters/harbour.yaml":
                    "apiVersion: guild/v1\nkind: Chapter\nmetadata: { name: harbour }\nspec:\n\(chapter)",
                "agents/greeter.yaml": """
                apiVersion: guild/v1
                kind: Agent
                metadata: { name: greeter, chapter: harbour }
                spec:
                  type: Greeter
                  version: "1.0.0"
                  prompt: prompts/greeter.md
                  model: authored-replay
                  triggers: [{ type: manual }]
                  resources: { tokenBudget: { perInvocation: 8K } }
                  tools:
                    - { pattern: codex.read, autonomy: 3 }

                """,
            ]
        }

        @Test func `a chapter's alert shows in status with whom it was told to, and once in the audit log`()
            async throws
        {
            func chapter(_ limit: Int64) -> [String: String] {
                Self.files(
                    "  tokenBudget: { perDay: \(limit) }\n  master: ada\n  members: [{ id: ada }]\n"
                        + "  notify: \"#harbour\"\n")
            }
            let codex = try await Budget.used(runs: 0)
            try codex.write(chapter(100_000))
            try await codex.commit()
            let run = try await codex.guild("run", "greeter")
            #expect(run.status == 0, "\(run.errors)")
            #expect(try await codex.json("budget", "show", "chapter/harbour")["alerts_told_to"] == ["user:ada"])
            #expect(try await codex.json("status")["alerts"] == [])
            // A commit that leaves a fifth of the day; it is told of once, however often it is taken up.
            try codex.write(chapter(Budget.runTokens * 100 / 80))
            try await codex.commit()
            for _ in 0..<2 {
                let served = try await codex.guild("serve", "--once", "dispatcher")
                #expect(served.status == 0, "\(served.errors)")
            }
            let alerts = try await codex.json("status")["alerts"]
            #expect(alerts == [["account": "chapter/harbour", "level": "yellow", "told": ["user:ada"]]])
            let screen = try await codex.guild("status")
            #expect(screen.output.contains("chapter/harbour is yellow; notified: user:ada"))
            #expect(try await codex.json("status").value(at: ["queues", "notifications"]) == 1)
            let told = try await codex.audit("budget.alerted")
            #expect(told.count == 1)
            #expect(told.first?.value(at: ["body", "told"]) == ["user:ada"])
            let shown = try await codex.guild("budget", "show", "chapter/harbour")
            #expect(shown.output.contains("alerts go to              user:ada"))
        }
    }
}
