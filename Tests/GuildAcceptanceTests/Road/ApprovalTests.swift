import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// Autonomy 1: the agent proposes, a person decides, another process carries on.
    struct ApprovalTests {
        /// A run that has asked for its comment and found nobody to agree.
        private struct Waiting {
            let github: StandInProcess
            let codex: TemporaryCodex
            let action: String
        }

        private func waiting() async throws -> Waiting {
            let github = try await StandInProcess.start()
            let codex = try await TemporaryCodex.clerk(
                model: github.baseURL, github: github.baseURL,
                changing: ["agents/clerk.yaml": ClerkCodex.agent(autonomy: 1)])
            let run = try await codex.guild(
                "run", "clerk", "Comment on it.", "--on", "github:acme/shop", "--approve", "none")
            #expect(run.status == 5, "\(run.errors)")
            let approvals = try await codex.json("audit", "approvals").array ?? []
            #expect(approvals.map { $0["operation"] } == ["github.create_issue_comment"])
            #expect(approvals.first?["agent"] == "clerk")
            let action = try #require(approvals.first?["id"]?.string)
            #expect(run.errors.contains("guild audit approve \(action)"))
            #expect(try await github.effects() == [])
            return Waiting(github: github, codex: codex, action: action)
        }

        private func carryOn(_ codex: TemporaryCodex) async throws {
            let served = try await codex.guild("serve", "--once", "executor", "action-executor")
            #expect(served.status == 0, "\(served.errors)")
        }

        @Test func `what a person approves is done once, and the agent goes on`() async throws {
            let waiting = try await waiting()
            let codex = waiting.codex
            // Whoever decides sees to what, in a table for machines too.
            let csv = try await codex.guild("audit", "approvals", "-o", "csv").output
            #expect(csv.contains(",arguments\r\n") && csv.contains("\"\"repository\"\":\"\"acme/shop\"\""), "\(csv)")
            let approved = try await codex.guild("audit", "approve", waiting.action, "--reason", "go ahead")
            #expect(approved.status == 0, "\(approved.errors)")
            #expect(approved.output.contains("guild serve --once executor action-executor"))
            #expect(try await waiting.github.effects() == [])
            try await carryOn(codex)

            #expect(try await waiting.github.effects().map { $0["kind"] } == ["comment_created"])
            let trace = try await codex.settledTrace(of: waiting.action)
            #expect(trace.value(at: ["invocations", "0", "state"]) == "succeeded")
            let action = trace.value(at: ["invocations", "0", "actions", "0"])
            #expect(action?["state"] == "succeeded")
            #expect(action?.value(at: ["approval", "decision"]) == "approved")
            #expect(action?.value(at: ["approval", "reason"]) == "go ahead")
            #expect(try await codex.json("audit", "approvals") == [])
            let second = try await codex.guild("audit", "approve", waiting.action)
            #expect(second.status == 2)
            #expect(second.errors.contains("does not wait for approval"))
            #expect(try await codex.isAuditValid())
        }

        @Test func `what a person rejects is not done, and the agent reads why`() async throws {
            let waiting = try await waiting()
            let codex = waiting.codex
            let rejected = try await codex.guild("audit", "reject", waiting.action, "--reason", "too early to say")
            #expect(rejected.status == 0, "\(rejected.errors)")
            try await carryOn(codex)

            #expect(try await waiting.github.effects() == [])
            let trace = try await codex.settledTrace(of: waiting.action)
            #expect(trace.value(at: ["invocations", "0", "state"]) == "succeeded")
            #expect(trace.value(at: ["invocations", "0", "actions", "0", "state"]) == "rejected")
            let asked = try #require(try await waiting.github.requests().last { $0["kind"] == "anthropic" })
            #expect(asked["body"]?.text().contains("too early to say") == true)
            #expect(try await codex.isAuditValid())
        }

        @Test(arguments: ["approve", "reject"])
        func `a damaged action ends by the person who decides about it, once`(verb: String) async throws {
            let waiting = try await waiting()
            let codex = waiting.codex
            let change = try await ChildProcess.run(
                "/usr/bin/env",
                [
                    "python3", "-c",
                    """
                    import sqlite3, sys
                    with sqlite3.connect(sys.argv[1]) as connection:
                        connection.execute("UPDATE actions SET arguments = '{'")
                    """, codex.ledger,
                ])
            #expect(change.status == 0, "\(change.errors)")
            let damage = try await codex.json("status")["damage"]?.array ?? []
            #expect(damage.count == 1)
            #expect(damage.first?.string?.contains(waiting.action) == true)
            let decided = try await codex.guild("audit", verb, waiting.action, "--reason", "whatever it was")
            #expect(decided.status == (verb == "reject" ? 0 : 1), "\(decided.errors)")
            #expect(decided.output.contains("ended \(waiting.action)"))
            #expect(decided.errors.contains("was not approved but ended") == (verb == "approve"))
            #expect(try await codex.guild("audit", "reject", waiting.action, "--reason", "again").status == 2)
            let ended = try await codex.audit("action.ended")
            #expect(ended.count == 1)
            #expect(ended.first?["actor"]?.string?.hasPrefix("user:") == true)
            #expect(ended.first?["body"]?["reason"] == "whatever it was")
            #expect(try await waiting.github.effects() == [])
            #expect(try await codex.isAuditValid())
        }

        @Test func `--approve all agrees at once, and records who did`() async throws {
            let github = try await StandInProcess.start()
            let codex = try await TemporaryCodex.clerk(
                model: github.baseURL, github: github.baseURL,
                changing: ["agents/clerk.yaml": ClerkCodex.agent(autonomy: 1)])
            let run = try await codex.guild(
                "run", "clerk", "Comment on it.", "--on", "github:acme/shop", "--approve", "all")
            #expect(run.status == 0, "\(run.errors)")
            #expect(try await github.effects().count == 1)
            let decided = try await codex.audit("approval.decided")
            #expect(decided.count == 1)
            #expect(decided.first?["actor"]?.string?.hasPrefix("user:") == true)
        }

        @Test func `no approval lifts autonomy 0`() async throws {
            let github = try await StandInProcess.start()
            try await github.setScript([
                [
                    "tools": [
                        [
                            "name": "github__create_issue_comment",
                            "input": ["repository": "acme/shop", "number": 1, "body": "hi"],
                        ]
                    ]
                ], ["text": "then not"],
            ])
            let codex = try await TemporaryCodex.clerk(
                model: github.baseURL, github: github.baseURL,
                changing: ["agents/clerk.yaml": ClerkCodex.agent(autonomy: 0)])
            let run = try await codex.guild(
                "run", "clerk", "Comment on it.", "--on", "github:acme/shop", "--approve", "all")
            #expect(run.status == 5, "\(run.errors)")
            #expect(run.output.contains("then not"))
            #expect(run.errors.contains("there is no tool 'github.create_issue_comment' for you"))
            #expect(try await github.effects() == [])
        }

        @Test func `a beginning of an id will do, and of several ids all are found before any is decided`() async throws
        {
            let waiting = try await waiting()
            let codex = waiting.codex
            let mixed = try await codex.guild("audit", "approve", waiting.action, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01A")
            #expect(mixed.status == 2)
            #expect(mixed.errors.contains("no action '01ARZ3NDEKTSV4RRFFQ69G5FAV'"))
            #expect(mixed.errors.contains("there is no action '01A'"))
            #expect(try await codex.json("audit", "approvals").array?.count == 1)
            let approved = try await codex.guild("audit", "approve", String(waiting.action.dropLast(3)).lowercased())
            #expect(approved.status == 0, "\(approved.errors)")
            #expect(approved.output.contains("approved \(waiting.action)"))
        }

        @Test func `what a policy holds names its rule, and the autonomy that the manifest gives`() async throws {
            let github = try await StandInProcess.start()
            let policy = """
                apiVersion: guild/v1
                kind: SafetyPolicy
                metadata: { name: calm }
                spec:
                  approvals:
                    - { tools: ["github.create_issue_comment"] }

                """
            let codex = try await TemporaryCodex.clerk(
                model: github.baseURL, github: github.baseURL, changing: ["policies/calm.yaml": policy])
            let run = try await codex.guild(
                "run", "clerk", "Comment on it.", "--on", "github:acme/shop", "--approve", "none")
            let rule = "SafetyPolicy calm, approvals[0] (policies/calm.yaml:6)"
            expectRefusal(run, 5, rule)
            let waiting = try #require(try await codex.json("audit", "approvals").array?.first)
            #expect(waiting["waits_because"]?.string == "\(rule) requires approval")
            #expect(waiting["autonomy"] == 3)
            let id = try #require(waiting["id"]?.string)
            let shown = try await codex.guild("audit", "show", id)
            #expect(shown.output.contains("autonomy 3"))
            #expect(shown.output.contains(rule))
        }

        @Test func `an id that nothing waits under is wrong usage`() async throws {
            let waiting = try await waiting()
            let refused = try await waiting.codex.guild("audit", "approve", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
            #expect(refused.status == 2)
            #expect(refused.errors.contains("no action '01ARZ3NDEKTSV4RRFFQ69G5FAV'"))
            #expect(refused.errors.contains("guild audit approvals"))
        }
    }
}
