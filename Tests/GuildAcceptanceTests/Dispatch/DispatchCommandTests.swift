import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// `guild dispatch explain` and `queue`, and what `guild status` shows of it.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DispatchCommandTests {
    private static let limits = """
        apiVersion: guild/v1
        kind: RateLimitPolicy
        metadata: { name: limits }
        spec:
          limits:
            - { scope: agent, match: hasty, requests_per_minute: 1, burst: 1 }

        """

    /// A clerk that waits an hour for more of the same, and a hasty one of whom one a minute may start.
    private func codex() async throws -> TemporaryCodex {
        try await TemporaryCodex.clerk(changing: [
            "agents/clerk.yaml": ClerkCodex.agent().replacingOccurrences(
                of: "events: [issues.opened] }",
                with: """
                    events: [issues.opened], conditions: { data.severity: [P0, P1] }, priority: HIGH,
                            debounce: { window: 1h, key: "{{subject}}" } }
                    """),
            "agents/hasty.yaml": ClerkCodex.agent("hasty"), "policies/limits.yaml": Self.limits,
        ])
    }

    private func send(_ severity: String, to codex: TemporaryCodex) async throws -> JSONValue {
        let sent = try await codex.json(
            "dispatch", "--type", "issues.opened", "--source", "/github/acme/shop", "--subject", "acme/shop#1",
            "--data",
            "{\"severity\": \"\(severity)\"}")
        return try #require(sent.array?.first)
    }

    @Test func `an event's decisions are explained, with the first field that failed`() async throws {
        let codex = try await codex()
        let first = try await send("P0", to: codex)
        let second = try await send("P1", to: codex)
        #expect(second["decisions"]?.array?.map { $0["outcome"] } == ["debounced", "rate-limited"])
        let other = try await send("P4", to: codex)
        let id = try #require(other["event"]?.string)
        let explained = try await codex.json("dispatch", "explain", id)
        #expect(
            explained["trials"]?.array?.map { [$0["rule"], $0["match"]] }
                == [["agents/clerk#0", false], ["agents/hasty#0", true]])
        let mismatch = try #require(explained["trials"]?.array?.first?["mismatch"]?.string)
        #expect(mismatch.contains("data.severity") && mismatch.contains("P4"), "\(mismatch)")
        #expect(explained["decisions"]?.array?.map { $0["outcome"] } == ["rate-limited"])
        #expect(explained["decisions"]?.array?.first?["final"] == false)
        let text = try await codex.guild("dispatch", "explain", id)
        #expect(text.output.contains("WHY NOT") && text.output.contains(mismatch))
        let early = try await codex.guild("dispatch", "explain", try #require(first["event"]?.string))
        #expect(early.output.contains("  hasty  queued, waits for an executor"), "\(early.output)")
        #expect(text.output.contains("agent/hasty@limits#0 is at its limit of 1 a minute"))
        let unknown = try await codex.guild("dispatch", "explain", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("hint: "))
    }

    @Test func `the queue shows what waits and for what, windows and rates`() async throws {
        let codex = try await codex()
        #expect(try await codex.guild("dispatch", "queue").output.contains("nothing waits"))
        for severity in ["P0", "P1"] { _ = try await send(severity, to: codex) }
        let queue = try await codex.json("dispatch", "queue")
        let window = try #require(queue["windows"]?.array?.first)
        #expect(window["events"] == 2)
        #expect(window["key"] == "github:acme/shop acme/shop#1")
        #expect(window["priority"] == "HIGH")
        #expect(queue["rate_limited"]?.array?.map { $0["agent"] } == ["hasty"])
        #expect(queue["invocations"]?.array?.map { $0["agent"] } == ["hasty"])
        #expect(queue["invocations"]?.array?.map { $0["waits_for"] } == ["an executor"])
        let rate = try #require(queue["rates"]?.array?.first)
        #expect(rate["bucket"] == "agent/hasty@limits#0")
        #expect([rate["per_minute"], rate["burst"], rate["left"]] == [1, 1, 0])
        let text = try await codex.guild("dispatch", "queue").output
        for part in ["window (2)", "more events, until ", "its slot", "an executor", "PER MINUTE"] {
            #expect(text.contains(part), "no '\(part)' in \(text)")
        }
        #expect(text.contains("its slot: agent/hasty@limits#0 is at its limit of 1 a minute"), "\(text)")
        #expect(!text.contains("its turn comes at"), "\(text)")
        let status = try await codex.json("status")
        #expect(status["dispatch"]?["windows"] == 1)
        #expect(status["dispatch"]?["rate_limited"] == 1)
        let csv = try await codex.guild("dispatch", "queue", "-o", "csv").output
        #expect(csv.hasPrefix("priority,state,id,what,about,since,not before,waits for"))
        let wrong = try await codex.guild("dispatch", "queue", "-n", "0")
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains("-n 0 is not between 1 and"))
    }

    @Test func `what an alert holds back stays queued, says so, and keeps no drain from ending`() async throws {
        let standIn = try await StandInProcess.start()
        let agent = ClerkCodex.agent(more: "  resources: { tokenBudget: { perDay: 100K } }\n")
            .replacingOccurrences(of: "    - { pattern: \"github.*\", autonomy: 3 }\n", with: "")
        let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, changing: ["agents/clerk.yaml": agent])
        #expect(try await codex.guild("run", "clerk", "hello").status == 0)
        let used = try #require(try await codex.json("budget", "report").value(at: ["total", "tokens"])?.integer)
        // What it has used is now nearly all that there is.
        try codex.write(["agents/clerk.yaml": agent.replacingOccurrences(of: "100K", with: "\(used + 1)")])
        try await codex.commit()
        _ = try await codex.guild("serve", "--once", "dispatcher")
        #expect(
            try await codex.json("status")["alerts"]?.array?.map { [$0["account"], $0["level"]] } == [
                ["agent/clerk", "red"]
            ])
        let sent = try await codex.json(
            "dispatch", "--type", "issues.opened", "--source", "/github/acme/shop", "--data", "{}")
        let reason = "the red alert of agent/clerk holds NORMAL work in the queue"
        #expect(sent.array?.first?["decisions"]?.array?.first?["reasons"]?.array?.contains(.string(reason)) == true)
        let drained = try await codex.guild("serve", "--once", "executor")
        #expect(drained.status == 0)
        let queue = try await codex.json("dispatch", "queue")
        #expect(queue["invocations"]?.array?.map { $0["waits_for"] } == ["the red alert of agent/clerk"])
    }

    @Test func `a pause of a schedule shows in the status`() async throws {
        let codex = try await TemporaryCodex.clerk(changing: [
            "agents/clerk.yaml": ClerkCodex.agent().replacingOccurrences(
                of: "- { type: manual }", with: "- { type: cron, name: round, schedule: \"0 9 * * *\" }")
        ])
        _ = try await codex.guild("schedule", "pause", "clerk/round", "--for", "2h")
        #expect(try await codex.json("status")["schedules_paused"]?.array?.map { $0["target"] } == ["clerk/round"])
        #expect(try await codex.guild("status").output.contains("schedules  paused: clerk/round"))
    }

    @Test func `what waits for a time keeps nobody: a drain names it, one signal ends a wait`() async throws {
        let codex = try await codex()
        _ = try await send("P0", to: codex)
        let drained = try await codex.guild("serve", "--once", "dispatcher")
        #expect(drained.status == 0)
        #expect(drained.errors.contains("left work that is due later"), "\(drained.errors)")
        #expect(drained.errors.contains("events=\"1, the first due at"), "\(drained.errors)")
        for (signal, status) in [(SIGTERM, Int32(143)), (SIGINT, 130)] {
            let waiting = try codex.start(
                "dispatch", "--type", "issues.opened", "--source", "/github/acme/shop", "--data",
                "{\"severity\": \"P\(signal)\"}", "--wait")
            _ = try await waiting.errorLine(containing: "waits until")
            waiting.signal(signal)
            #expect(try await waiting.wait() == .exited(status), "\(waiting.errors)")
        }
        let queue = try await codex.json("dispatch", "queue")
        #expect(queue["rate_limited"]?.array?.count == 2, "\(queue)")
    }
}
