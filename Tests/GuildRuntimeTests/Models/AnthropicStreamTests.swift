import GuildDomain
import Testing

@testable import GuildRuntime

@Suite struct AnthropicStreamTests {
    typealias Feed = StreamFeed<AnthropicStream>

    static let names = WireToolNames([ModelTool(name: "github.add_labels", summary: "", schema: [:])])
    let stream = AnthropicStream(model: "asked", names: names)
    static let start =
        #"{"type":"message_start","message":{"id":"msg_1","model":"ran","usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}}"#
    static let textStart = #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#
    static let toolStart =
        #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"github__add_labels","input":{}}}"#
    static let stop = #"{"type":"message_stop"}"#

    static func end(_ reason: String, output: Int = 20) -> String {
        #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)"},"usage":{"output_tokens":\#(output)}}"#
    }

    static func input(_ piece: String) -> String {
        JSONValue.object([
            "type": "content_block_delta", "index": 1,
            "delta": ["type": "input_json_delta", "partial_json": .string(piece)],
        ]).text()
    }

    static func text(_ piece: String, index: Int = 0) -> String {
        JSONValue.object([
            "type": "content_block_delta", "index": .integer(index),
            "delta": ["type": "text_delta", "text": .string(piece)],
        ]).text()
    }

    @Test func `a tool call is assembled from its pieces and gets its dots back`() throws {
        var feed = Feed(stream)
        try feed.feed([
            Self.start, Self.textStart, Self.text("Labels "), Self.text("it."), Self.toolStart, Self.input(""),
            Self.input(#"{"labels":["b"#), Self.input(#"ug"]}"#), #"{"type":"content_block_stop","index":1}"#,
            Self.end("tool_use"), Self.stop,
        ])
        let turn = try feed.stream.finish()
        #expect(
            turn.content == [
                .text("Labels it."), .toolUse(id: "toolu_1", name: "github.add_labels", input: ["labels": ["bug"]]),
            ])
        #expect(
            feed.deltas == [
                .text("Labels "), .text("it."), .toolUseStarted(id: "toolu_1", name: "github.add_labels"),
            ])
        #expect(turn.stop == .toolUse)
        #expect(turn.model == "ran")
        #expect(turn.responseID == "msg_1")
        #expect(turn.usage == TokenUsage(input: 10, cacheRead: 4, cacheWrite: 3, output: 20))
    }

    @Test(arguments: [
        ("end_turn", ModelTurn.Stop.endTurn), ("max_tokens", .maxTokens), ("stop_sequence", .stopSequence),
        ("pause_turn", .paused), ("refusal", .refusal), ("model_context_window_exceeded", .contextWindowExceeded),
    ])
    func `each stop reason has its meaning`(reason: String, stop: ModelTurn.Stop) throws {
        #expect(try Feed.turn(stream, [Self.start, Self.end(reason), Self.stop]).stop == stop)
    }

    @Test func `thinking is kept as it came, with its signature, and streams as reasoning`() throws {
        var feed = Feed(stream)
        try feed.feed([
            Self.start,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"eA=="}}"#,
            Self.end("end_turn"), Self.stop,
        ])
        let content = try feed.stream.finish().content
        #expect(feed.deltas == [.reasoning("Hm.")])
        #expect(
            content == [
                .reasoning(["type": "thinking", "thinking": "Hm.", "signature": "c2ln"]),
                .reasoning(["type": "redacted_thinking", "data": "eA=="]),
            ])
    }

    @Test func `unknown events, deltas and blocks are passed over or kept`() throws {
        let turn = try Feed.turn(
            stream,
            [
                #"{"type":"future"}"#, #"{"type":"content_block_stop","index":7}"#, #"{"type":"ping"}"#, Self.start,
                Self.textStart, #"{"type":"content_block_delta","index":0,"delta":{"type":"future_delta","x":1}}"#,
                Self.text("hi"),
                #"{"type":"content_block_start","index":1,"content_block":{"type":"future_block","y":[2]}}"#,
                Self.end("end_turn"), Self.stop, "not even JSON, but after the end",
            ])
        #expect(turn.content == [.text("hi"), .reasoning(["type": "future_block", "y": [2]])])
    }

    @Test(arguments: [
        [start, textStart, text("half")], [start, textStart, end("end_turn")], [], [start, stop],
        [stop], [end("end_turn")], [textStart], [start, start],
        [start, textStart, textStart], [start, text("no block")], [start, "{"], ["[]", "nonsense"],
        [start, #"{"type":"content_block_start","index":-1,"content_block":{"type":"text"}}"#],
        [start, #"{"type":"content_block_start","index":256,"content_block":{"type":"text"}}"#],
        [start, #"{"type":"content_block_start","index":9223372036854775807,"content_block":{"type":"text"}}"#],
        [start, #"{"type":"content_block_start","index":0,"content_block":"text"}"#],
        [start, #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":""}}"#],
        [start, textStart, #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta"}}"#],
        [start, end("tool_use"), stop], [#"{"type":"message_start","message":5}"#],
        [start, toolStart, input(#"{"a":"#), end("tool_use"), stop],
        [start, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#],
    ])
    func `a stream that ends early or makes no sense is broken`(events: [String]) throws {
        guard case .broken(let provider, let reason) = Feed.failure(stream, events)?.cause else {
            Issue.record("not broken")
            return
        }
        #expect(provider == "anthropic")
        #expect(!reason.isEmpty)
    }

    @Test func `an answer beyond the limit is broken`() {
        let megabyte = Self.text(String(repeating: "x", count: 1 << 20))
        let events = [Self.start, Self.textStart] + Array(repeating: megabyte, count: 9)
        #expect(Feed.failure(stream, events)?.message.contains("longer than 8388608 bytes") == true)
    }

    @Test func `a tool input that is not JSON names the tool and the place`() throws {
        let failure = Feed.failure(
            stream, [Self.start, Self.toolStart, Self.input("{'a'"), Self.end("tool_use"), Self.stop])
        #expect(failure?.message.contains("github__add_labels") == true)
        #expect(failure?.message.contains("not JSON at byte 1") == true)
    }

    @Test func `a tool call that the reply limit cut off is dropped and the usage kept`() throws {
        let turn = try Feed.turn(
            stream,
            [
                Self.start, Self.textStart, Self.text("So"), Self.toolStart, Self.input(#"{"a":"#),
                Self.end("max_tokens"), Self.stop,
            ])
        #expect(turn.content == [.text("So")])
        #expect(turn.usage?.output == 20)
    }

    @Test func `an error before the message is retryable or final by its type`() {
        let overloaded = #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
        #expect(
            Feed.failure(stream, [overloaded])
                == .retryable(
                    provider: "anthropic", reason: "overloaded_error: Overloaded", retryAfter: nil, status: 529))
        let refused = #"{"type":"error","error":{"type":"invalid_request_error","message":"bad"}}"#
        #expect(
            Feed.failure(stream, [refused])
                == .rejected(provider: "anthropic", status: 400, reason: "invalid_request_error: bad"))
    }

    @Test func `usage that never became final is unknown`() throws {
        let bare = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#
        #expect(try Feed.turn(stream, [Self.start, bare, Self.stop]).usage == nil)
        let negative = Self.end("end_turn", output: -5)
        #expect(try Feed.turn(stream, [Self.start, negative, Self.stop]).usage == nil)
    }

    @Test func `the model that took over is the one that ran`() throws {
        let turn = try Feed.turn(
            stream,
            [
                Self.start,
                #"{"type":"content_block_start","index":0,"content_block":{"type":"fallback","from":{"model":"ran"},"to":{"model":"other"}}}"#,
                Self.end("end_turn"), Self.stop,
            ])
        #expect(turn.model == "other")
    }
}
