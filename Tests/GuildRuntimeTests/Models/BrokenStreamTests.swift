import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

@testable import GuildRuntime

/// What a call is said to have used when its stream broke off, and when one ends that has no end.
@Suite struct BrokenStreamTests {
    private static let began =
        #"{"type":"message_start","message":{"id":"m","model":"m","usage":{"input_tokens":10,"cache_read_input_tokens":15000,"cache_creation_input_tokens":5000,"output_tokens":1}}}"#
    private static let half = [began, AnthropicStreamTests.textStart, AnthropicStreamTests.text("half")]
    private static let uncounted = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#

    @Test(arguments: [
        half, [began], half + [#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#],
        half + [uncounted],
    ])
    func `the input of message_start is booked, and the output at its bound`(events: [String]) async throws {
        let vendor = try ModelServer(Cut.whole.steps(ProviderCallTests.events(events)))
        let usage = try #require(try await vendor.provider().failure(.hello)?.usage)
        #expect(usage.tokens == TokenUsage(input: 10, cacheRead: 15_000, cacheWrite: 5_000, output: 1_024))
        #expect(usage.isEstimate)
    }

    @Test func `an answer whose output was not counted has its input as reported`() async throws {
        let events = Self.half + [Self.uncounted, AnthropicStreamTests.stop]
        let turn = try await ModelServer(Cut.whole.steps(ProviderCallTests.events(events))).provider()
            .complete(.hello) { _ in }
        #expect(turn.usage == TokenUsage(input: 10, cacheRead: 15_000, cacheWrite: 5_000, output: 1_024))
        #expect(turn.isUsageEstimated)
    }

    @Test func `a message that was counted to its end is no estimate, though its last event is missing`() async throws {
        let events = Self.half + [AnthropicStreamTests.end("end_turn")]
        let vendor = try ModelServer(Cut.whole.steps(ProviderCallTests.events(events)))
        #expect(
            try await vendor.provider().failure(.hello)?.usage
                == JudgedUsage(tokens: TokenUsage(input: 10, cacheRead: 15_000, cacheWrite: 5_000, output: 20)))
    }

    @Test(arguments: [true, false])
    func `a running usage is at least what was used`(isLast: Bool) async throws {
        var events = [
            OpenAIStreamTests.chunk(
                #"{"content":"a"}"#, usage: #"{"prompt_tokens":20000,"completion_tokens":2,"total_tokens":20002}"#)
        ]
        if !isLast { events.append(OpenAIStreamTests.chunk(#"{"content":"b"}"#)) }
        let vendor = try ModelServer(Cut.whole.steps(ProviderCallTests.events(events)))
        let usage = try #require(try await vendor.provider(.openAICompatible).failure(.hello)?.usage)
        #expect(usage.tokens == TokenUsage(input: 20_000, output: isLast ? 2 : 1_024))
        #expect(usage.isEstimate)
    }

    @Test func `usage that comes before the answer is at least what was used`() async throws {
        let usage = #"{"choices":[],"usage":{"prompt_tokens":500,"completion_tokens":20}}"#
        let events = [usage, OpenAIStreamTests.chunk(#"{"content":"a"}"#, finish: "stop"), "[DONE]"]
        let turn = try await ModelServer(Cut.whole.steps(ProviderCallTests.events(events)))
            .provider(.openAICompatible).complete(.hello) { _ in }
        #expect(turn.usage == TokenUsage(input: 500, output: 20))
        #expect(turn.isUsageEstimated)
    }

    @Test(arguments: ["data:", "data: ", "data:   ", "event: ping\ndata: ", "event: keepalive\ndata:\ndata:"])
    func `an event without data is passed over`(empty: String) async throws {
        for (kind, answer) in [
            (ProviderSettings.Kind.anthropic, ProviderCallTests.anthropicAnswer),
            (.openAICompatible, ProviderCallTests.openAIAnswer),
        ] {
            let events = answer.map { "\(empty)\n\ndata: \($0)\n\n" }.joined()
            let turn = try await ModelServer(Cut.whole.steps(Array(events.utf8))).provider(kind)
                .complete(ProviderCallTests.conversation) { _ in }
            #expect(turn.content == [.toolUse(id: "toolu_1", name: "jira.get_issue", input: ["key": "ÄB-1 🦊"])])
        }
    }

    /// Whose clock is asked again finds it ten seconds later.
    private final class HastyTime: TimeSource {
        private let clock = ManualTime()

        var now: Timestamp {
            clock.advance(by: .seconds(10))
            return clock.now
        }

        func sleep(until deadline: Timestamp) async throws { clock.set(to: deadline) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a whole answer is taken though its server neither marks the end nor closes`() async throws {
        let answer = ProviderCallTests.events(Array(ProviderCallTests.openAIAnswer.prefix(3)))
        let server = try RawServer { _ in
            [
                .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"), .send(answer),
                .send(": ping\n\n"), .stallForever,
            ]
        }
        let client = HTTPClient()
        let connection = ProviderConnection(
            provider: "p", client: client, baseURL: server.url(), needsKey: false, apiKey: { nil },
            timeouts: HTTPTimeouts(idle: .seconds(600), total: .seconds(600)), time: HastyTime())
        let turn = try await OpenAIProvider(connection).complete(ProviderCallTests.conversation) { _ in }
        #expect(turn.usage == TokenUsage(input: 9, output: 5))
        #expect(turn.stop == .toolUse)
    }

    @Test func `calls of one message that share an id are told apart`() throws {
        func start(_ index: Int) -> String {
            AnthropicStreamTests.toolStart.replacing(#""index":1"#, with: #""index":\#(index)"#)
        }
        var feed = StreamFeed(AnthropicStream(model: "m", names: WireToolNames([]), idSeed: 5))
        try feed.feed([
            AnthropicStreamTests.start, start(1), start(2), AnthropicStreamTests.end("tool_use"),
            AnthropicStreamTests.stop,
        ])
        let content = try feed.stream.finish().content
        let ids = content.compactMap { if case .toolUse(let id, _, _) = $0 { id } else { nil } }
        #expect(ids == ["toolu_1", "toolu_5_2"])
        #expect(feed.deltas.map { if case .toolUseStarted(let id, _) = $0 { id } else { "" } } == ids)
    }
}
