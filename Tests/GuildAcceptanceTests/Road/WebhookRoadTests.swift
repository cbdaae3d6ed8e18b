import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// A signed delivery comes in, an agent answers, its writes arrive at GitHub: with all components in one process,
    /// and with each in its own.
    struct WebhookRoadTests {
        @Test func `in one process an issue becomes two writes, each once, and every repeat nothing`() async throws {
            let github = try await StandInProcess.start()
            let codex = try await TemporaryCodex.sample(github: github.baseURL)
            let served = try await codex.serve()
            try await takeTheRoad(served, codex, github)
            #expect(try await served.stop() == .exited(0))
            #expect(try await codex.isAuditValid())
        }

        @Test func `in processes of their own the components do the same over one ledger`() async throws {
            let github = try await StandInProcess.start()
            let codex = try await TemporaryCodex.sample(github: github.baseURL)
            let gateway = try await codex.serve("webhook-gateway")
            let registry = try await codex.serve("registry")
            var others: [ChildProcess] = []
            for component in ["dispatcher", "scheduler", "executor", "action-executor"] {
                others.append(try await codex.serve(alone: component))
            }
            try await takeTheRoad(gateway, codex, github)
            let crier = try await registry.get("/agents/town-crier")
            #expect(crier.json?["last_state"] == "succeeded")
            for served in [gateway, registry] { #expect(try await served.stop() == .exited(0)) }
            for child in others {
                child.signal(SIGTERM)
                #expect(try await child.wait() == .exited(0), "\(child.errors)")
            }
            #expect(try await codex.isAuditValid())
        }

        private func takeTheRoad(
            _ served: ServedCodex, _ codex: TemporaryCodex, _ github: StandInProcess
        ) async throws {
            let delivery = try WebhookDelivery.townCrier()
            let accepted = try await served.deliver(delivery)
            #expect(accepted.status == 202, "\(accepted.text)")
            let event = try #require(accepted.json?["id"]?.string)

            let trace = try await codex.settledTrace(of: event)
            expectDecision(trace)
            try await expectWrites(on: github, by: trace)

            let again = try await served.deliver(delivery)
            #expect(again.status == 200)
            #expect(again.json?["id"]?.string == event)
            var captured = delivery
            captured.id = "another-\(delivery.id)"
            #expect(try await served.deliver(captured).status == 200)
            #expect(try await codex.audit("event.accepted").count == 1)
            #expect(try await codex.json("dispatch", "queue")["invocations"] == [])
            try await expectWrites(on: github, by: trace)
        }

        private func expectDecision(_ trace: JSONValue) {
            let summary = ["type", "guildevent", "subject", "source", "system"].map { trace.value(at: ["event", $0]) }
            #expect(summary == ["issues.opened", "ISSUE_OPENED", "acme/shop#42", "/github/acme/shop", "github"])
            let dispatched = (trace["decisions"]?.array ?? []).filter { $0["outcome"] == "dispatched" }
            #expect(dispatched.map { $0["agent"] } == ["town-crier"])
            #expect(trace["invocations"]?.array?.map { $0["state"] } == ["succeeded"])
        }

        private func expectWrites(on github: StandInProcess, by trace: JSONValue) async throws {
            let effects = try await github.effects()
            #expect(effects.count == 2)
            let labels = effects.first { $0["kind"] == "labels_added" }
            #expect(labels?["labels"] == ["bug", "severity/s2", "needs-repro"])
            let comment = try #require(effects.first { $0["kind"] == "comment_created" })
            let body = try #require(comment["body"]?.string)
            #expect(comment["number"] == 42)
            #expect(body.hasPrefix("Thanks @priya-nair."))
            let actions = trace.value(at: ["invocations", "0", "actions"])?.array ?? []
            let action = actions.first { $0["operation"] == "github.create_issue_comment" }
            let id = try #require(action?["id"]?.string)
            #expect(body.hasSuffix("<!-- guild:\(id) -->"))
            #expect(actions.allSatisfy { $0["state"] == "succeeded" && $0["attempt"] == 1 })
        }
    }
}
