import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// What `guild serve` tells its operator, on standard error and in `/readyz`.
    struct OperatorLogTests {
        private static let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

        private func send(to codex: TemporaryCodex) async throws {
            _ = try await codex.json(
                "dispatch", "--type", "issues.opened", "--source", "/github/acme/shop", "--subject", "acme/shop#1",
                "--data", "{}")
        }

        /// The lines that `serve --once` logs, as JSON.
        private func served(_ codex: TemporaryCodex, level: String = "info") async throws -> [JSONValue] {
            let served = try await codex.guild(
                "serve", "--once", "dispatcher", "executor", "action-executor", "--log-level", level, "--log-format",
                "json", overriding: ["MODEL_KEY": nil])
            #expect(served.status == 0, "\(served.errors)")
            return try served.errors.split(separator: "\n").map { try JSONParser.parse(String($0)) }
        }

        private func only(_ message: JSONValue, in lines: [JSONValue]) throws -> JSONValue {
            let found = lines.filter { $0["message"] == message }
            #expect(found.count == 1, "\(lines)")
            return try #require(found.first)
        }

        @Test(arguments: levels + ["WARNING"])
        func `serve logs nothing below the level that it is given, and what is not below it`(level: String)
            async throws
        {
            let codex = try await TemporaryCodex.clerk()
            // Its run fails for good, because the model's key is missing.
            try await send(to: codex)
            let lines = try await served(codex, level: level)
            let least = try #require(Self.levels.firstIndex(of: level.lowercased()))
            let logged = lines.compactMap { $0["level"]?.string }
            #expect(logged.count == lines.count)
            #expect(logged.allSatisfy { Self.levels[least...].contains($0) }, "\(lines)")
            // One line of each of these is certain to come.
            for certain in ["info", "warning", "error"] {
                let isWanted = Self.levels[least...].contains(certain)
                #expect(logged.contains(certain) == isWanted, "\(certain): \(lines)")
            }
        }

        @Test func `an unknown level is refused with the levels that there are`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let refused = try await codex.guild("serve", "--once", "--log-level", "loud")
            #expect(refused.status == 2)
            for level in Self.levels { #expect(refused.errors.contains(level), "\(refused.errors)") }
        }

        @Test func `a run that failed for good is one line, with the command that sends it again`() async throws {
            let codex = try await TemporaryCodex.clerk()
            try await send(to: codex)
            let line = try only("a run failed for good", in: try await served(codex))
            let letters = try await codex.json("dispatch", "dead-letters", "list").array ?? []
            let id = try #require(letters.first?["id"]?.string)
            #expect(line["level"] == "error")
            #expect(line["agent"] == "clerk")
            #expect(line["invocation"] == .string(id))
            #expect(line["root"]?.string?.isEmpty == false)
            #expect(line["reason"]?.string?.contains("MODEL_KEY") == true)
            #expect(line["hint"]?.string?.contains("guild dispatch dead-letters retry \(id)") == true)
        }

        @Test func `a run that waits for its own budget names the account and the grant`() async throws {
            let standIn = try await StandInProcess.start()
            let small = ClerkCodex.agent(more: "  resources: { tokenBudget: { perInvocation: 100 } }")
            let codex = try await TemporaryCodex.clerk(
                model: standIn.baseURL, github: standIn.baseURL, changing: ["agents/clerk.yaml": small])
            try await send(to: codex)
            let served = try await codex.guild(
                "serve", "--once", "dispatcher", "executor", "--log-level", "warning")
            #expect(served.status == 0)
            let lines = served.errors.split(separator: "\n").filter { $0.contains("a run waits for budget") }
            #expect(lines.count == 1, "\(served.errors)")
            let line = try #require(lines.first)
            #expect(line.contains("account=invocation/") && line.contains("guild budget grant invocation/"), "\(line)")
            #expect(line.contains("agent=clerk") && line.contains("root="), "\(line)")
        }

        @Test func `a run that waits for a person is one line, with the command that lists its actions`()
            async throws
        {
            let standIn = try await StandInProcess.start()
            let codex = try await TemporaryCodex.clerk(
                model: standIn.baseURL, github: standIn.baseURL,
                changing: ["agents/clerk.yaml": ClerkCodex.agent(autonomy: 1)])
            let run = try await codex.guild(
                "run", "clerk", "Comment on it.", "--on", "github:acme/shop", "--approve", "none")
            #expect(run.status == 5, "\(run.errors)")
            // The person who ran it is told on the screen.
            #expect(!run.errors.contains("a run waits for a person"), "\(run.errors)")

            let served = try await codex.serve()
            let delivered = try await served.deliver(.issue())
            #expect(delivered.status == 202)
            let line = try await served.child.errorLine(containing: "a run waits for a person")
            #expect(line.contains(" notice ") && line.contains("agent=clerk"), "\(line)")
            #expect(line.contains("guild audit approvals"), "\(line)")
            #expect(try await served.stop() == .exited(0))
        }

        @Test func `a shutdown names the run that it waits for`() async throws {
            let standIn = try await StandInProcess.start()
            try await standIn.setScript([["holdUntil": "go", "afterEvents": 2, "text": "Done.", "times": 1]])
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, github: standIn.baseURL)
            let served = try await codex.serve()
            _ = try await served.deliver(.issue())
            try await standIn.waitUntilHeld(at: "go")
            served.child.signal(SIGTERM)
            let line = try await served.child.errorLine(containing: "draining")
            #expect(line.contains("runs=1") && line.contains("of clerk") && line.contains("actions=0"), "\(line)")
            try await standIn.release("go")
            #expect(try await served.child.wait() == .exited(0), "\(served.child.errors)")
        }

        @Test func `an endpoint without its secret degrades a process that does more, and stops a gateway alone`()
            async throws
        {
            let codex = try await TemporaryCodex.clerk()
            let whole = try await codex.serve()
            let ready = try await whole.get("/readyz")
            #expect(ready.status == 200)
            #expect(ready.json?["status"] == "ok")
            #expect(try await whole.stop() == .exited(0))

            let partly = try await codex.serve(overriding: ["GITHUB_WEBHOOK_SECRET": nil])
            let degraded = try await partly.get("/readyz")
            #expect(degraded.status == 200)
            #expect(degraded.json?["status"] == "degraded")
            #expect(degraded.json?.value(at: ["webhooks", "0", "endpoint"]) == "github/github")
            #expect(try await partly.stop() == .exited(0))

            let gateway = try await codex.serve("webhook-gateway", overriding: ["GITHUB_WEBHOOK_SECRET": nil])
            let unready = try await gateway.get("/readyz")
            #expect(unready.status == 503)
            #expect(unready.json?["status"] == "unready")
            #expect(unready.json?["parts"]?["webhook-gateway"]?.string?.contains("secret") == true)
            #expect(unready.json?.value(at: ["webhooks", "0", "endpoint"]) == "github/github")
            #expect(try await gateway.stop() == .exited(0))
        }
    }
}
