import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import Testing

@testable import GuildRuntime

@Suite struct EndingTests {
    private func ending(_ turns: JournalledTurn...) throws -> Ending? {
        let snapshot = try OfficeCodex.snapshot()
        let (agent, event) = (try #require(snapshot.agent("clerk")), Event.sample("a"))
        let schema = try JSONSchema(parsing: ["type": "object"])
        let builder = try RequestBuilder(
            snapshot: snapshot, agent: agent, event: event,
            invocation: Invocation(
                id: InvocationID(derivedFrom: ["one"]), agent: "clerk", commit: snapshot.commit, event: event.id,
                root: event.root, createdAt: start),
            options: RunOptions(), tools: [], outputSchema: schema)
        let model = try #require(try ModelSelection.candidates(for: agent, override: nil, in: snapshot).first)
        let limits = InvocationLimits(agent: agent, options: RunOptions(), in: snapshot, model: model)
        let answered = try AnsweredTurn.all(in: turns)
        return Ending(of: try #require(answered.last), after: answered, builder, limits)
    }

    private static let call = ToolCall(position: 0, callID: "c", name: "codex.read", arguments: [:], result: "x")

    @Test(arguments: [
        ("end_turn", nil), ("stop_sequence", nil), ("tool_use", nil), ("max_tokens", "cut at its limit of 1024"),
        ("refusal", "refused"), ("model_context_window_exceeded", "unknown"),
        ("context_window_exceeded", "window is full"),
    ])
    func `a turn without calls ends it, by its stop`(stop: String, failure: String?) throws {
        let ending = try ending(.sample(1, [.text("{"), .text("}")], stop: stop))
        guard failure != "unknown" else {
            #expect(ending == nil)
            return
        }
        #expect(ending?.text == "{}")
        #expect((ending?.failure == nil) == (failure == nil))
        #expect(failure.map { ending?.failure?.message.contains($0) == true } ?? true)
    }

    @Test func `a turn with calls, or one that paused, ends nothing`() throws {
        #expect(try ending(.sample(1, stop: "tool_use", calls: [Self.call])) == nil)
        #expect(try ending(.sample(1, stop: "end_turn", calls: [Self.call])) == nil)
        #expect(try ending(.sample(1, stop: "pause_turn")) == nil)
    }

    @Test func `one wrong answer is repaired, pauses between do not count, a second fails`() throws {
        let (wrong, right) = (JournalledTurn.sample(2, [.text("no")]), JournalledTurn.sample(3, [.text("{}")]))
        let pause = JournalledTurn.sample(1, [.text("let me think")], stop: "pause_turn")
        #expect(try ending(pause, wrong) == nil)
        #expect(try ending(pause, wrong, right)?.failure == nil)
        #expect(try ending(pause, wrong, .sample(3, [.text("nor")], stop: "stop_sequence"))?.failure != nil)
        #expect(try ending(wrong, .sample(3, stop: "tool_use", calls: [Self.call]), right)?.failure == nil)
    }
}
