import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Budget {
    /// A run that its budget stops, and goes on when a person has granted more.
    struct BudgetResumeTests {
        @Test func `a run that its budget stopped goes on from its journal with --resume, once it has been granted`()
            async throws
        {
            let standIn = try await StandInProcess.start()
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, github: standIn.baseURL)
            // Room for the first call, whose answer asks for a comment, and not for the second.
            let first = try await codex.json("run", "clerk", "Comment on it.", "--on", "github:acme/shop", "--dry-run")
            let input = try #require(first.value(at: ["reserved", "input"])?.integer)
            let stopped = try await codex.guild(
                "run", "clerk", "Comment on it.", "--on", "github:acme/shop", "--budget", "\(input + 256)")
            expectRefusal(stopped, 4, "guild budget grant invocation/", "guild run --resume ")
            let id = try #require(Self.id(after: "guild run --resume ", in: stopped.errors))
            let calls = try await standIn.requests().count
            #expect(try await standIn.effects().map { $0["kind"] } == ["comment_created"])

            // Without a grant it stops at the same place, and nothing is asked or done again.
            let again = try await codex.guild("run", "--resume", id)
            expectRefusal(again, 4, "guild budget grant invocation/\(id)")
            #expect(try await standIn.requests().count == calls)
            let granted = try await codex.guild("budget", "grant", "invocation/\(id)", "20K", "--reason", "go on")
            #expect(granted.status == 0, "\(granted.errors)")
            let ended = try await codex.guild("run", "--resume", id)
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(ended.output.contains("Done with acme/shop#1."))

            #expect(try await standIn.effects().map { $0["kind"] } == ["comment_created"])
            #expect(try await standIn.requests().count == calls + 1)
            let trace = try await codex.json("audit", "show", id)
            #expect(trace.value(at: ["invocations", "0", "state"]) == "succeeded")
            #expect(trace.value(at: ["invocations", "0", "turns"])?.array?.count == 2)
            #expect(try await codex.guild("budget", "verify").status == 0)
            #expect(try await codex.isAuditValid())
            let over = try await codex.guild("run", "--resume", id)
            #expect(over.status == 2)
        }

        @Test func `a first call that does not fit is told so at once, and what is proposed suffices`() async throws {
            let standIn = try await StandInProcess.start()
            let small = ClerkCodex.agent(more: "  resources: { tokenBudget: { perInvocation: 300 } }")
            let codex = try await TemporaryCodex.clerk(
                model: standIn.baseURL, github: standIn.baseURL, changing: ["agents/clerk.yaml": small])
            let stopped = try await codex.guild("run", "clerk", "Comment on it.", "--on", "github:acme/shop")
            expectRefusal(
                stopped, 4, "resources.tokenBudget.perInvocation is 300 tokens", "its first call does not fit")
            #expect(try await standIn.requests().isEmpty)
            let id = try #require(Self.id(after: "guild run --resume ", in: stopped.errors))

            let queue = try await codex.json("dispatch", "queue")
            let why = queue.value(at: ["invocations", "0", "waits_for"])?.string ?? ""
            #expect(why.hasPrefix("room in invocation/\(id): resources.tokenBudget.perInvocation is 300 tokens"))
            let table = try await codex.guild("dispatch", "queue")
            #expect(table.output.contains("guild budget grant invocation/\(id) "))
            let waited = try #require(try await codex.audit("budget.waited").first)
            #expect(waited["body"]?["limit"] == 300)
            #expect(waited["body"]?["hint"]?.string?.contains("run with --budget") == true)

            let amount = try #require(Self.id(after: "guild budget grant invocation/\(id) ", in: stopped.errors))
            let granted = try await codex.guild("budget", "grant", "invocation/\(id)", amount, "--reason", "go on")
            #expect(granted.status == 0, "\(granted.errors)")
            _ = try await codex.guild("run", "--resume", String(id.dropLast(2)))
            #expect(try await standIn.requests().count { $0["kind"] == "anthropic" } == 1)
            #expect(try await standIn.effects().map { $0["kind"] } == ["comment_created"])
        }

        private static func id(after words: String, in text: String) -> String? {
            guard let range = text.range(of: words) else { return nil }
            let id = text[range.upperBound...].prefix { $0.isLetter || $0.isNumber }
            return id.isEmpty ? nil : String(id)
        }
    }
}
