import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// What SIGTERM, SIGHUP and Ctrl-C do, tried while a model's answer is held.
    struct SignalTests {
        private static let held: JSONValue = [
            ["holdUntil": "go", "afterEvents": 2, "text": "Here is what I think of it.", "times": 1]
        ]

        /// Serves one delivery, whose run waits for the model's answer.
        private func servedWhileHeld() async throws -> (
            standIn: StandInProcess, codex: TemporaryCodex, served: ServedCodex, event: String
        ) {
            let standIn = try await StandInProcess.start()
            try await standIn.setScript(Self.held)
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, github: standIn.baseURL)
            let served = try await codex.serve()
            let response = try await served.deliver(.issue())
            let event = try #require(response.json?["id"]?.string)
            try await standIn.waitUntilHeld(at: "go")
            return (standIn, codex, served, event)
        }

        @Test func `SIGTERM finishes the call under way and takes nothing new`() async throws {
            let (standIn, codex, served, event) = try await servedWhileHeld()

            served.child.signal(SIGTERM)
            try await waitUntilRefused(served.port)
            #expect(served.child.ending == nil)
            try await standIn.release("go")
            #expect(try await served.child.wait() == .exited(0), "\(served.child.errors)")

            let trace = try await codex.settledTrace(of: event)
            #expect(trace.value(at: ["invocations", "0", "state"]) == "succeeded")
            #expect(trace.value(at: ["invocations", "0", "outcome"]) == "Here is what I think of it.")
            #expect(trace.value(at: ["invocations", "0", "turns"])?.array?.count == 1)
            #expect(try await codex.isAuditValid())
        }

        @Test func `SIGQUIT ends at once and in order: what was cut off is done by the next`() async throws {
            let (standIn, codex, served, event) = try await servedWhileHeld()
            served.child.signal(SIGQUIT)
            guard case .exited = try await served.child.wait() else {
                Issue.record("ended by a signal")
                return
            }
            try await standIn.release("go")
            #expect(try await codex.guild("serve", "--once").status == 0)
            let trace = try await codex.settledTrace(of: event)
            #expect(trace.value(at: ["invocations", "0", "state"]) == "succeeded")
            #expect(try await codex.isAuditValid())
        }

        @Test func `serve logs what its help says, and names the secrets that are missing`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let usual = try await codex.guild("serve", "--once", overriding: ["MODEL_KEY": nil])
            #expect(usual.status == 0, "\(usual.errors)")
            #expect(usual.errors.contains("info ready"))
            let missing = usual.errors.split(separator: "\n").filter { $0.contains("a secret is missing") }
            #expect(missing.count == 1, "\(usual.errors)")
            #expect(missing.first?.contains("env://MODEL_KEY") == true && missing.first?.contains("(model)") == true)
            let quiet = try await codex.guild("serve", "--once", "--log-level", "warning")
            #expect(quiet.status == 0)
            #expect(quiet.errors == "")
        }

        private func waitUntilRefused(_ port: Int) async throws {
            // Connections that wait in the socket's queue are reset when it closes; then the next is refused.
            while (try? await talk(port) { _ in }) != nil { try Task.checkCancellation() }
        }

        @Test func `SIGHUP takes up a good commit and refuses a bad one`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let served = try await codex.serve()
            #expect(try await agents(served) == ["clerk"])

            try codex.write(["agents/scout.yaml": ClerkCodex.agent("scout")])
            try await codex.commit()
            let accepted = try await served.child.errorLine(containing: "codex accepted")
            #expect(accepted.contains(try await codex.git("rev-parse", "HEAD")))
            #expect(try await agents(served) == ["clerk", "scout"])

            try codex.write(["agents/bad.yaml": ClerkCodex.agent("bad", more: "  promt: prompts/clerk.md")])
            try await codex.commit()
            let refused = try await served.child.errorLine(containing: "codex refused")
            #expect(refused.contains("agents/bad.yaml"))
            #expect(refused.contains("did you mean 'prompt'?"))
            #expect(try await agents(served) == ["clerk", "scout"])
            #expect(try await codex.audit("codex.refused").count == 1)
            #expect(try await served.stop() == .exited(0))
            #expect(try await codex.isAuditValid())
        }

        private func agents(_ served: ServedCodex) async throws -> [JSONValue] {
            let response = try await served.get("/agents")
            return (response.json?["agents"]?.array ?? []).compactMap { $0["name"] }
        }

        @Test func `Ctrl-C stops a run cleanly and settles what the call may have cost`() async throws {
            let standIn = try await StandInProcess.start()
            try await standIn.setScript(Self.held)
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL)
            let run = try codex.start("run", "clerk", "Think about it.")
            try await standIn.waitUntilHeld(at: "go")
            run.signal(SIGINT)
            #expect(try await run.wait() == .exited(130), "\(run.errors)")
            #expect(run.errors.contains("cancelled"))

            let report = try await codex.json("budget", "report")
            let line = try #require(report.value(at: ["breakdown", "0"]))
            #expect(line["reserved"] == 0)
            let estimated = try #require(line["estimated"]?.integer)
            #expect(estimated > 512)
            #expect(line["used"]?.integer == estimated)
            #expect(try await codex.audit("budget.estimated").count == 1)
            let ended = try await codex.audit("invocation.ended")
            #expect(ended.map { $0.value(at: ["body", "state"]) } == ["cancelled"])
            #expect(try await codex.isAuditValid())
        }
    }
}
