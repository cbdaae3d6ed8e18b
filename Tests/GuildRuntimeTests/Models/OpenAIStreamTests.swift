import GuildDomain
import Testing

@testable import GuildRuntime

@Suite struct OpenAIStreamTests {
    typealias Feed = StreamFeed<OpenAIStream>

    static let names = WireToolNames([ModelTool(name: "github.add_labels", summary: "", schema: [:])])
    let stream = OpenAIStream(model: "asked", names: names, idSeed: 3)

    static func chunk(_ delta: String, finish: String? = nil, usage: String = "null") -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return
            #"{"id":"c1","model":"ran","choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}],"usage":\#(usage)}"#
    }

    @Test func `tool calls are assembled by their index`() throws {
        var feed = Feed(stream)
        try feed.feed([
            Self.chunk(#"{"role":"assistant","content":null}"#),
            Self.chunk(
                #"{"tool_calls":[{"index":0,"id":"a","function":{"name":"github__add_labels","arguments":""}}]}"#),
            Self.chunk(#"{"tool_calls":[{"index":1,"id":"b","function":{"name":"other","arguments":"{}"}}]}"#),
            Self.chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"labels\":"}}]}"#),
            Self.chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"[\"bug\"]}"}}]}"#),
            Self.chunk("{}", finish: "tool_calls"), "[DONE]",
        ])
        let turn = try feed.stream.finish()
        #expect(
            turn.content == [
                .toolUse(id: "a", name: "github.add_labels", input: ["labels": ["bug"]]),
                .toolUse(id: "b", name: "other", input: [:]),
            ])
        #expect(turn.stop == .toolUse)
        #expect(turn.usage == nil)
        #expect(turn.model == "ran")
        #expect(
            feed.deltas == [
                .toolUseStarted(id: "a", name: "github.add_labels"), .toolUseStarted(id: "b", name: "other"),
            ])
    }

    @Test func `calls without id or index get ids that no other turn has`() throws {
        let turn = try Feed.turn(
            stream,
            [
                Self.chunk(#"{"tool_calls":[{"function":{"name":"one","arguments":"{\"a\":"}}]}"#),
                Self.chunk(#"{"tool_calls":[{"function":{"arguments":"1}"}}]}"#),
                Self.chunk(#"{"tool_calls":[{"function":{"name":"two","arguments":{"b":2}}}]}"#, finish: "stop"),
            ])
        #expect(
            turn.content == [
                .toolUse(id: "call_3_0", name: "one", input: ["a": 1]),
                .toolUse(id: "call_3_1", name: "two", input: ["b": 2]),
            ])
        #expect(turn.stop == .toolUse)
    }

    @Test func `several calls that all say index 0 are told apart by their ids`() throws {
        let turn = try Feed.turn(
            stream,
            [
                Self.chunk(#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"one","arguments":"{}"}}]}"#),
                Self.chunk(#"{"tool_calls":[{"index":0,"id":"b","function":{"name":"two","arguments":"{"}}]}"#),
                Self.chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}"#, finish: "tool_calls"),
            ])
        #expect(
            turn.content == [.toolUse(id: "a", name: "one", input: [:]), .toolUse(id: "b", name: "two", input: [:])])
    }

    @Test(arguments: [
        ("stop", ModelTurn.Stop.endTurn), ("length", .maxTokens), ("content_filter", .refusal), ("eos", .endTurn),
    ])
    func `each finish reason has its meaning`(reason: String, stop: ModelTurn.Stop) throws {
        let turn = try Feed.turn(stream, [Self.chunk(#"{"content":"hi"}"#), Self.chunk("{}", finish: reason)])
        #expect(turn.stop == stop)
        #expect(turn.content == [.text("hi")])
    }

    @Test func `a refusal is text and a stop of its own`() throws {
        let turn = try Feed.turn(stream, [Self.chunk(#"{"refusal":"I can't."}"#), Self.chunk("{}", finish: "stop")])
        #expect(turn.content == [.text("I can't.")])
        #expect(turn.stop == .refusal)
    }

    @Test func `reasoning streams and comes back under the field it had`() throws {
        let turn = try Feed.turn(
            stream,
            [
                Self.chunk(#"{"reasoning":"Hm.","reasoning_content":null}"#),
                Self.chunk(
                    #"{"tool_calls":[{"id":"a","function":{"name":"one","arguments":""}}]}"#, finish: "tool_calls"),
            ])
        let request = OpenAIRequest(
            request: ModelRequest(
                model: "m", system: "", messages: [ModelMessage(role: .assistant, content: turn.content)]),
            names: Self.names, dialect: OpenAIDialect())
        #expect(request.body["messages"]?.array?.first?["reasoning"]?.string == "Hm.")
    }

    @Test(arguments: [
        ([], ""), ([chunk(#"{"content":"half"}"#)], "before the answer did"), (["{"], "not JSON"), (["5"], "a number"),
        ([chunk("{}", finish: "tool_calls")], "calls none"), ([chunk("{}", finish: "error")], "gave up"),
        ([chunk(#"{"content":"half"}"#), #"{"error":{"message":"Upstream died","code":502}}"#], "Upstream died"),
        (
            [
                chunk(
                    #"{"tool_calls":[{"index":0,"id":"a","function":{"name":"one","arguments":"{"}}]}"#, finish: "stop")
            ], "'one'"
        ),
        ([chunk(#"{"tool_calls":[{"index":0,"id":"a","function":{"arguments":"{}"}}]}"#, finish: "stop")], "no name"),
    ])
    func `a stream that ends early or makes no sense is broken`(events: [String], reason: String) throws {
        let failure = Feed.failure(stream, events)
        guard case .broken = failure else {
            Issue.record("not broken: \(String(describing: failure))")
            return
        }
        if !reason.isEmpty { #expect(failure?.message.contains(reason) == true) }
    }

    @Test func `more tool calls than the limit are refused`() throws {
        let events = (0...256).map { index in
            Self.chunk(
                #"{"tool_calls":[{"index":\#(index),"id":"\#(index)","function":{"name":"n","arguments":"{}"}}]}"#)
        }
        #expect(Feed.failure(stream, events)?.message.contains("256 tool calls") == true)
    }

    @Test func `an error that is all that came keeps the meaning of its status`() {
        let limited = #"{"error":{"message":"slow down","code":429}}"#
        #expect(
            Feed.failure(stream, [limited])
                == .retryable(provider: "openai", reason: "slow down", retryAfter: nil, status: 429))
        let refused = #"{"error":{"message":"no","type":"bad","code":403}}"#
        #expect(Feed.failure(stream, [refused]) == .rejected(provider: "openai", status: 403, reason: "bad: no"))
    }

    @Test(arguments: [
        (
            #"{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":60},"completion_tokens_details":{"reasoning_tokens":10}}"#,
            TokenUsage(input: 40, cacheRead: 60, output: 20, reasoning: 10)
        ),
        (
            #"{"prompt_tokens":35,"completion_tokens":12,"total_tokens":109}"#,
            TokenUsage(input: 35, output: 12, reasoning: 62)
        ),
        (
            #"{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":9}}"#,
            TokenUsage(cacheRead: 5, output: 1)
        ),
        (
            #"{"prompt_tokens":5,"completion_tokens":1,"completion_tokens_details":{"reasoning_tokens":-4}}"#,
            TokenUsage(input: 5, output: 1)
        ),
    ])
    func `usage is split into disjoint classes`(usage: String, expected: TokenUsage) throws {
        let last = #"{"choices":[],"usage":\#(usage)}"#
        let turn = try Feed.turn(stream, [Self.chunk(#"{"content":"x"}"#, finish: "stop"), last, "[DONE]"])
        #expect(turn.usage == expected)
    }
}
