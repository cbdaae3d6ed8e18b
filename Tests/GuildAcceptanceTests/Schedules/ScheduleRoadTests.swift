import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// A schedule under `guild serve`, from its due time to the agent's answer, which a recording gives.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ScheduleRoadTests {
    private static let agent = """
        apiVersion: guild/v1
        kind: Agent
        metadata: { name: clerk }
        spec:
          type: Clerk
          version: "1.0.0"
          prompt: prompts/clerk.md
          model: recorded
          triggers:
            - { type: cron, name: beat, schedule: "* * * * * *", timezone: UTC, intent: BEAT }

        """
    private static let models = """
        apiVersion: guild/v1
        kind: LLMRegistry
        metadata: { name: models }
        spec:
          providers:
            - { name: recorded, provider: replay, model: authored, recording: recordings/clerk.jsonl }

        """

    private func codex() async throws -> TemporaryCodex {
        try await TemporaryCodex.clerk(changing: [
            "agents/clerk.yaml": Self.agent, "providers/models.yaml": Self.models,
            "recordings/clerk.jsonl": Self.entry(key: "0", answer: "never"),
        ])
    }

    private static func entry(key: String, answer: String) -> String {
        let entry: JSONValue = [
            "key": .string(key), "origin": "authored",
            "response": [
                "content": [["type": "text", "text": .string(answer)]], "stop": "end_turn",
                "usage": ["input": 20, "output": 5],
            ],
        ]
        return entry.text() + "\n"
    }

    /// The components of the road, until `found` finds something in the ledger.
    private func serving<Value>(
        _ codex: TemporaryCodex, until found: (TemporaryCodex) async throws -> Value?
    ) async throws -> Value {
        let served = try codex.start("serve", "scheduler", "dispatcher", "executor")
        while true {
            try Task.checkCancellation()
            guard let value = try await found(codex) else { continue }
            served.signal(SIGTERM)
            #expect(try await served.wait() == .exited(0), "\(served.errors)")
            return value
        }
    }

    @Test func `a due time runs its agent, which answers from its recording whatever the hour`() async throws {
        let codex = try await codex()
        // The recording does not know the request yet; the miss names its key.
        let letter = try await serving(codex) { codex in
            guard FileManager.default.fileExists(atPath: codex.ledger) else { return nil as JSONValue? }
            return try await codex.json("dispatch", "dead-letters").array?.first
        }
        let outcome = try #require(letter["outcome"]?.string)
        let key = try #require(outcome.firstMatch(of: /no recorded answer for request ([0-9a-f]{32})/)?.output.1)
        try codex.write(["recordings/clerk.jsonl": Self.entry(key: String(key), answer: "The round is done.")])
        try await codex.commit()
        let answered = try await serving(codex) { codex in
            try await codex.audit("invocation.ended").last { $0["body"]?["state"] == "succeeded" }
        }
        let trace = try await codex.json("audit", "show", try #require(answered["subject"]?.string))
        #expect(trace["event"]?["type"] == "schedule.fired")
        #expect(trace["event"]?["source"] == "/schedule/clerk/beat")
        #expect(trace["event"]?["subject"] == "clerk/beat")
        let invocation = try #require(trace["invocations"]?.array?.first { $0["state"] == "succeeded" })
        #expect(invocation["outcome"] == "The round is done.")
        #expect(invocation["tokens"]?["total"] == 25)
        // Each due time that fired has one event, and each event one final decision.
        let fired = try await codex.audit("schedule.fired").compactMap { $0["subject"]?.string }
        #expect(Set(fired).count == fired.count)
        #expect(try await codex.isAuditValid())
    }
}
