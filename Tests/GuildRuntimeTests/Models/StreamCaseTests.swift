import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// What a stream means that real servers send and none should.
@Suite struct StreamCaseTests {
    @Test(arguments: ["openai-empty-finish-reason-cut", "openai-empty-finish-reason-error"])
    func `an empty finish_reason is none, and what follows breaks the answer`(name: String) async throws {
        let failure = try await StreamCases.call(name).failure
        guard case .broken = failure?.cause else {
            Issue.record("not broken: \(String(describing: failure))")
            return
        }
    }

    @Test func `an end mark without any finish_reason is no end of an answer`() {
        let failure = StreamFeed<OpenAIStream>.failure(
            OpenAIStream(model: "m", names: WireToolNames([])),
            [OpenAIStreamTests.chunk(#"{"content":"half"}"#), "[DONE]"])
        #expect(failure?.message.contains("no finish_reason") == true)
    }

    @Test func `an empty reason behind a real one takes nothing back`() throws {
        let turn = try StreamFeed<OpenAIStream>.turn(
            OpenAIStream(model: "m", names: WireToolNames([])),
            [
                OpenAIStreamTests.chunk(#"{"content":"whole"}"#, finish: "stop"),
                OpenAIStreamTests.chunk("{}", finish: ""), "[DONE]",
            ])
        #expect(turn.stop == .endTurn)
    }

    @Test func `usage that was reported is kept when the arguments are not JSON`() async throws {
        let failure = try #require(try await StreamCases.call("openai-arguments-not-json").failure)
        #expect(failure.usage == JudgedUsage(tokens: TokenUsage(input: 50, output: 7)))
        guard case .broken(_, let reason) = failure.cause else {
            Issue.record("not broken")
            return
        }
        #expect(reason.contains("'codex__read'"))
    }

    @Test func `zeros in message_delta take nothing back`() async throws {
        let turn = try await StreamCases.call("anthropic-zero-input-in-delta").turn
        #expect(turn?.usage == TokenUsage(input: 5_000, output: 20))
        #expect(turn?.isUsageEstimated == false)
    }

    @Test(arguments: [
        (
            #"{"input_tokens":0,"cache_read_input_tokens":0,"output_tokens":20}"#,
            TokenUsage(input: 10, cacheRead: 4, cacheWrite: 3, output: 20)
        ),
        (
            #"{"input_tokens":1,"cache_read_input_tokens":2,"output_tokens":20}"#,
            TokenUsage(input: 10, cacheRead: 4, cacheWrite: 3, output: 20)
        ),
        (
            #"{"input_tokens":4,"cache_read_input_tokens":10,"output_tokens":20}"#,
            TokenUsage(input: 4, cacheRead: 10, cacheWrite: 3, output: 20)
        ),
        (#"{"input_tokens":900,"output_tokens":20}"#, TokenUsage(input: 900, cacheRead: 4, cacheWrite: 3, output: 20)),
        (
            #"{"input_tokens":null,"output_tokens":20,"output_tokens_details":{"thinking_tokens":5}}"#,
            TokenUsage(input: 10, cacheRead: 4, cacheWrite: 3, output: 15, reasoning: 5)
        ),
    ])
    func `a later report may add to usage and move it between classes, never take away`(
        usage: String, expected: TokenUsage
    ) throws {
        let delta = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":\#(usage)}"#
        let turn = try StreamFeed<AnthropicStream>.turn(
            AnthropicStream(model: "m", names: WireToolNames([])),
            [AnthropicStreamTests.start, delta, AnthropicStreamTests.stop])
        #expect(turn.usage == expected)
    }

    @Test func `an unknown stop reason is the answer, with a warning`() async throws {
        let turn = try #require(try await StreamCases.call("anthropic-new-stop-reason").turn)
        #expect(turn.content == [.text("A whole answer.")])
        #expect(turn.stop == .endTurn)
        #expect(turn.usage == TokenUsage(input: 50, output: 7))
        #expect(turn.warning?.contains("some_new_reason") == true)
        let chat = try StreamFeed<OpenAIStream>.turn(
            OpenAIStream(model: "m", names: WireToolNames([])),
            [OpenAIStreamTests.chunk(#"{"content":"hi"}"#, finish: "some_new_reason")])
        #expect(chat.warning?.contains("some_new_reason") == true)
        #expect(chat.stop == .endTurn)
    }

    @Test func `two whole calls at one index are two calls`() async throws {
        let turn = try #require(try await StreamCases.call("openai-two-calls-one-index").turn)
        #expect(
            turn.content == [
                .toolUse(id: "call_1_0", name: "codex.read", input: ["path": "adr/a.md"]),
                .toolUse(id: "call_1_1", name: "codex.read", input: ["path": "adr/b.md"]),
            ])
    }

    private static func piece(_ name: String?, _ arguments: String, id: String? = nil) -> String {
        var call: JSONObject = ["index": 0]
        if let id { call["id"] = .string(id) }
        var function: JSONObject = ["arguments": .string(arguments)]
        if let name { function["name"] = .string(name) }
        call["function"] = .object(function)
        return OpenAIStreamTests.chunk(JSONValue.object(["tool_calls": [.object(call)]]).text())
    }

    private static func calls(_ pieces: [String]) throws -> [(name: String, input: JSONValue)] {
        let turn = try StreamFeed<OpenAIStream>.turn(
            OpenAIStream(model: "m", names: WireToolNames([])),
            pieces + [OpenAIStreamTests.chunk("{}", finish: "tool_calls"), "[DONE]"])
        return turn.content.compactMap { part in
            if case .toolUse(_, let name, let input) = part { (name, input) } else { nil }
        }
    }

    @Test func `a name that begins again after whole arguments begins a call, in pieces too`() throws {
        let calls = try Self.calls([
            Self.piece("one", ""), Self.piece(nil, #"{"a":"}"#), Self.piece(nil, #"{"}"#), Self.piece("one", ""),
            Self.piece(nil, #"{"b":"#), Self.piece(nil, "2}"), Self.piece("two", "{}"), Self.piece("three", ""),
        ])
        #expect(calls.map(\.name) == ["one", "one", "two", "three"])
        #expect(calls.map(\.input) == [["a": "}{"], ["b": 2], [:], [:]])
    }

    @Test func `a name that is repeated with each piece is one call`() throws {
        let calls = try Self.calls([
            Self.piece("one", #"{"a""#, id: "x"), Self.piece("one", ":1}", id: "x"), Self.piece("one", "", id: "x"),
            Self.piece("one", "", id: "x"),
        ])
        #expect(calls.map(\.input) == [["a": 1]])
    }

    @Test func `a whole call that comes again as it was is one call`() throws {
        let whole = Self.piece("one", #"{"a":1}"#, id: "x")
        #expect(try Self.calls([whole, whole]).count == 1)
        #expect(try Self.calls([whole, Self.piece("one", #"{"a":2}"#, id: "x")]).count == 2)
    }

    @Test func `a call that the reply limit cut off is cut off, whatever the server says`() throws {
        let stream = OpenAIStream(model: "m", names: WireToolNames([]), outputLimit: 16)
        let last = #"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":16}}"#
        let turn = try StreamFeed<OpenAIStream>.turn(
            stream, [Self.piece("one", #"{"a":"#), OpenAIStreamTests.chunk("{}", finish: "tool_calls"), last, "[DONE]"])
        #expect(turn.stop == .maxTokens)
        #expect(turn.content.isEmpty)
    }

    @Test(arguments: [
        // Cut after message_delta; an error event with usage of its own; a chunk of an error that carries usage.
        [AnthropicStreamTests.start, AnthropicStreamTests.end("end_turn")],
        [
            AnthropicStreamTests.start,
            #"{"type":"error","error":{"type":"api_error","message":"x"},"usage":{"output_tokens":20}}"#,
        ],
    ])
    func `usage that came before a message broke is known`(events: [String]) throws {
        var feed = StreamFeed(AnthropicStream(model: "m", names: WireToolNames([])))
        #expect(throws: ModelFailure.self) {
            try feed.feed(events)
            _ = try feed.stream.finish()
        }
        #expect(
            feed.stream.reportedUsage
                == ReportedUsage(tokens: TokenUsage(input: 10, cacheRead: 4, cacheWrite: 3, output: 20)))
    }

    @Test func `usage in the chunk of an error is known, and what was written after a report is not counted by it`()
        throws
    {
        let counted = #"{"prompt_tokens":100,"completion_tokens":3}"#
        var feed = StreamFeed(OpenAIStream(model: "m", names: WireToolNames([])))
        try feed.feed([OpenAIStreamTests.chunk(#"{"content":"hi"}"#, usage: counted)])
        #expect(
            feed.stream.reportedUsage
                == ReportedUsage(tokens: TokenUsage(input: 100, output: 3), output: .soFar))
        try feed.feed([OpenAIStreamTests.chunk(#"{"content":"more"}"#)])
        #expect(feed.stream.reportedUsage?.output == .unknown)
        #expect(throws: ModelFailure.self) {
            try feed.feed([
                #"{"error":{"message":"died","code":502},"usage":{"prompt_tokens":100,"completion_tokens":9}}"#
            ])
        }
        #expect(feed.stream.reportedUsage == ReportedUsage(tokens: TokenUsage(input: 100, output: 9)))
    }
}
