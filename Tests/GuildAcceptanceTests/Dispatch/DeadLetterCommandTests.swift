import Foundation
import GuildDomain
import GuildTestSupport
import Synchronization
import Testing

/// What failed for good: listed, shown, sent again, dropped.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DeadLetterCommandTests {
    private func send(to codex: TemporaryCodex) async throws {
        _ = try await codex.json(
            "dispatch", "--type", "issues.opened", "--source", "/github/acme/shop", "--subject", "acme/shop#1",
            "--data",
            "{}")
    }

    private func letters(_ codex: TemporaryCodex) async throws -> [JSONValue] {
        try await codex.json("dispatch", "dead-letters", "list").array ?? []
    }

    @Test func `a run that failed for good is kept whole, and sent again once the cause is gone`() async throws {
        // Refuses until it is told otherwise.
        let answers = FailingModel()
        let model = try RawServer { _ in answers.next() }
        let codex = try await TemporaryCodex.clerk(model: model.url(""))
        try await send(to: codex)
        _ = try await codex.guild("serve", "--once", "executor")
        // Two retries with backoff, then it is dead.
        #expect(model.requests.count == 3)
        let letter = try #require(try await letters(codex).first)
        let id = try #require(letter["id"]?.string)
        #expect(letter["event_type"] == "issues.opened")
        #expect(letter["subject"] == "acme/shop#1")
        #expect(letter["failures"] == 2)
        #expect(letter["outcome"]?.string?.contains("Overloaded") == true)
        #expect(try await codex.json("status")["queues"]?["dead_letters"] == 1)
        let shown = try await codex.guild("dispatch", "dead-letters", "show", id)
        #expect(shown.output.contains("invocation \(id)") && shown.output.contains("Overloaded"))
        answers.heal()
        let moved = try await codex.json("dispatch", "dead-letters", "retry", id)
        #expect(moved.array?.map { $0["state"] } == ["queued"])
        #expect(try await letters(codex) == [])
        _ = try await codex.guild("serve", "--once", "executor")
        let trace = try await codex.json("audit", "show", id)
        #expect(trace["invocations"]?.array?.map { $0["state"] } == ["succeeded"])
        #expect(try await codex.audit("operator.command").map { $0["body"]?["command"] } == ["dead-letters retry"])
        let again = try await codex.guild("dispatch", "dead-letters", "retry", id)
        #expect(again.status == 2)
        #expect(again.errors.contains("is not a dead letter: it is succeeded"))
    }

    @Test func `one that is dropped is gone from the list, with a reason`() async throws {
        let codex = try await TemporaryCodex.clerk()
        #expect(try await codex.guild("dispatch", "dead-letters").output.contains("no dead letters"))
        try await send(to: codex)
        try await send(to: codex)
        _ = try await codex.guild("serve", "--once", "executor")
        let ids = try await letters(codex).compactMap { $0["id"]?.string }
        #expect(ids.count == 2)
        let all = try await codex.json("dispatch", "dead-letters", "retry", "--all", "--agent", "Clerk")
        #expect(all.array?.count == 2)
        _ = try await codex.guild("serve", "--once", "executor")
        #expect(try await letters(codex).count == 2)
        let id = try #require(ids.first)
        // All are found before any is dropped.
        let refused = try await codex.guild("dispatch", "dead-letters", "drop", id, "nonsense", "--reason", "spam")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("there is no dead letter 'nonsense'"))
        #expect(try await letters(codex).count == 2)
        let beginning = String(id.dropLast())
        let dropped = try await codex.guild("dispatch", "dead-letters", "drop", beginning, "--reason", "spam")
        #expect(dropped.status == 0, "\(dropped.errors)")
        #expect(dropped.output.contains("dropped"))
        #expect(try await letters(codex).compactMap { $0["id"]?.string } == Array(ids.dropFirst()))
        let retried = try await codex.guild("dispatch", "dead-letters", "retry", id)
        #expect(retried.status == 2)
        #expect(retried.errors.contains("dead letter \(id) was discarded"))
        let entry = try #require(try await codex.audit("operator.command").last)
        #expect(entry["body"]?["reason"] == "spam")
        #expect(try await codex.isAuditValid())
    }

    @Test(arguments: [
        (["retry"], "name the dead letters, or give --all"), (["retry", "x", "--all"], "not both"),
        (["retry", "x", "--agent", "clerk"], "--agent needs --all"), (["drop", "x"], "--reason"),
        (["show", "x"], "there is no dead letter 'x'"), (["list", "-n", "0"], "-n 0 is not between"),
    ])
    func `wrong words are named`(words: [String], message: String) async throws {
        let codex = try await TemporaryCodex.clerk()
        try await send(to: codex)
        let finished = try await ChildProcess.run(
            try BuiltProducts.path(of: "guild"), ["dispatch", "dead-letters"] + words, environment: codex.environment,
            directory: codex.repository)
        #expect(finished.status == 2)
        #expect(finished.errors.contains(message), "\(finished.errors)")
    }
}

/// A model that is overloaded until it is healed.
private final class FailingModel: Sendable {
    private let isHealthy = Mutex(false)

    func heal() { isHealthy.withLock { $0 = true } }

    func next() -> [RawServer.Step] {
        guard isHealthy.withLock({ $0 }) else {
            let body: JSONValue = ["type": "error", "error": ["type": "overloaded_error", "message": "Overloaded"]]
            return RawServer.respond(
                status: 529, headers: ["content-type": "application/json"], body: body.bytes())
        }
        return RawServer.respond(headers: ["content-type": "text/event-stream"], body: Self.answer)
    }

    private static let answer = [
        #"{"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": [], "#
            + #""model": "claude-test", "stop_reason": null, "usage": {"input_tokens": 9, "output_tokens": 1}}}"#,
        #"{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}"#,
        #"{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Done."}}"#,
        #"{"type": "content_block_stop", "index": 0}"#,
        #"{"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}"#,
        #"{"type": "message_stop"}"#,
    ].map { "data: \($0)\n\n" }.joined()
}
