import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// How far a model server's figures are believed.
@Suite struct UsageBoundsTests {
    private let bounds = UsageBounds(requestBytes: 3_000, outputLimit: 1_024, receivedBytes: 2_000, contentBytes: 30)

    @Test(arguments: [
        TokenUsage(input: 1_000, output: 10), TokenUsage(input: 20, cacheRead: 30_000, output: 1),
        TokenUsage(input: 3_000, output: 1_024, reasoning: 1_024),
    ])
    func `figures that can be are taken as they come`(usage: TokenUsage) {
        #expect(bounds.judge(ReportedUsage(tokens: usage)) == JudgedUsage(tokens: usage))
    }

    @Test(arguments: [
        TokenUsage(input: .max, output: 10), TokenUsage(input: 10, cacheRead: 1_000_000, output: 10),
        TokenUsage(input: 10, output: .max), TokenUsage(input: 10, output: 1, reasoning: 100_000),
        TokenUsage(input: .max, cacheRead: .max, cacheWrite: .max, output: .max, reasoning: .max),
        TokenUsage(input: 1_000_000_000_000, output: 5),
    ])
    func `figures that cannot be are not taken, and said to be`(usage: TokenUsage) {
        let judged = bounds.judge(ReportedUsage(tokens: usage))
        #expect(judged.tokens == nil)
        #expect(judged.doubt?.contains("implausible usage") == true)
    }

    @Test func `what is left out is estimated by its length`() {
        let judged = bounds.judge(ReportedUsage(tokens: .zero))
        #expect(judged.tokens == TokenUsage(input: 1_000, output: 10))
        #expect(judged.isEstimate)
        #expect(judged.doubt?.contains("0 tokens for 30 bytes received") == true)
        let long = UsageBounds(
            requestBytes: 3_000, outputLimit: 1_024, receivedBytes: 1 << 20, contentBytes: 600_000)
        // Never more than was asked for and reserved, whatever came.
        #expect(
            long.judge(ReportedUsage(tokens: TokenUsage(input: 1_000, output: 1))).tokens
                == TokenUsage(input: 1_000, output: 1_024))
        let reserved = UsageBounds(
            requestBytes: 3_000, outputLimit: 16, inputLimit: 700, receivedBytes: 1 << 20, contentBytes: 600_000)
        #expect(reserved.judge(ReportedUsage(tokens: .zero)).tokens == TokenUsage(input: 700, output: 16))
        // What was reported counts, though it passes the limit.
        let reported = TokenUsage(input: 1, output: 300, reasoning: 20)
        #expect(reserved.judge(ReportedUsage(tokens: reported)).tokens == TokenUsage(input: 700, output: 320))
    }

    private static func textDelta(_ text: String) -> String {
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#(text)"}}"#
    }

    @Test(arguments: [ProviderSettings.Kind.anthropic, .openai])
    func `an answer far longer than was asked for ends its call`(kind: ProviderSettings.Kind) async throws {
        let piece = String(repeating: "x", count: 50_000)
        let opening = [
            ProviderCallTests.anthropicAnswer[0],
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        ]
        let events =
            kind == .anthropic
            ? opening + Array(repeating: Self.textDelta(piece), count: 9)
            : Array(repeating: OpenAIStreamTests.chunk(#"{"content":"\#(piece)"}"#), count: 9)
        let vendor = try ModelServer(Cut.whole.steps(ProviderCallTests.events(events)))
        var request = ModelRequest.hello
        request.maxOutputTokens = 1_024
        let failure = try await vendor.provider(kind).failure(request)
        let reason = "the answer is longer than 393216 bytes; 1024 tokens were asked for"
        #expect(failure?.message.hasSuffix(reason) == true)
        #expect(failure?.mayHaveBilled == true)
    }

    @Test func `an answer without content may have no output, and bounds of any size do not trap`() {
        let empty = UsageBounds(requestBytes: 300, outputLimit: 16, receivedBytes: 80, contentBytes: 0)
        #expect(empty.judge(ReportedUsage(tokens: TokenUsage(input: 9))) == JudgedUsage(tokens: TokenUsage(input: 9)))
        let vast = UsageBounds(requestBytes: .max, outputLimit: .max, receivedBytes: .max, contentBytes: .max)
        #expect(vast.judge(ReportedUsage(tokens: .zero)).isEstimate)
        #expect(vast.judge(nil) == JudgedUsage(tokens: nil))
    }

    @Test func `an output that was not counted is taken at its bound, and one that was counted on the way as at least`()
    {
        let unknown = bounds.judge(ReportedUsage(tokens: TokenUsage(input: 700, cacheRead: 300), output: .unknown))
        #expect(unknown.tokens == TokenUsage(input: 700, cacheRead: 300, output: 1_024))
        #expect(unknown.isEstimate && unknown.doubt?.contains("the output at its bound") == true)
        let running = bounds.judge(ReportedUsage(tokens: TokenUsage(input: 700, output: 9), output: .soFar))
        #expect(running.tokens == TokenUsage(input: 700, output: 9))
        #expect(running.isEstimate && running.doubt?.contains("a minimum") == true)
        let impossible = bounds.judge(ReportedUsage(tokens: TokenUsage(input: .max), output: .unknown))
        #expect(impossible.tokens == nil)
    }

    @Test func `an overflowing count is implausible at the call`() async throws {
        let turn = try #require(try await StreamCases.call("anthropic-usage-overflow").turn)
        #expect(turn.usage == nil)
        #expect(turn.usageDoubt?.contains("implausible") == true)
    }

    @Test func `a usage document with very many keys costs no more than reading it`() async throws {
        let stray = (0..<300_000).map { #""k\#($0)":1"# }.joined(separator: ",")
        let usage = #"{"input_tokens":9,"output_tokens":5,\#(stray)}"#
        let delta = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":\#(usage)}"#
        let chunk = #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5,\#(stray)}}"#
        for (kind, events) in [
            (
                ProviderSettings.Kind.anthropic,
                [ProviderCallTests.anthropicAnswer[0], delta, delta, ProviderCallTests.anthropicAnswer[4]]
            ),
            (.openai, [OpenAIStreamTests.chunk("{}", finish: "stop"), chunk, chunk, "[DONE]"]),
        ] {
            let vendor = try ModelServer(Cut.whole.steps(ProviderCallTests.events(events)))
            let turn = try await vendor.provider(kind).complete(.hello) { _ in }
            #expect(turn.usage == TokenUsage(input: 9, output: 5))
        }
    }

    @Test func `names, arguments and events have limits of their own`() {
        let names = WireToolNames([])
        func failure(_ events: [String]) -> String? {
            StreamFeed<OpenAIStream>.failure(OpenAIStream(model: "m", names: names), events)?.message
        }
        func call(_ name: String, _ arguments: String) -> String {
            OpenAIStreamTests.chunk(
                JSONValue.object([
                    "tool_calls": [["index": 0, "function": ["name": .string(name), "arguments": .string(arguments)]]]
                ]).text())
        }
        #expect(failure([call(String(repeating: "n", count: 600), "{}")])?.contains("name longer than 512") == true)
        let piece = String(repeating: " ", count: 600_000)
        #expect(failure([call("n", piece), call("", piece)])?.contains("longer than 1048576 bytes") == true)
        #expect(
            failure(Array(repeating: "{}", count: AnswerLimits.events + 1))?.contains("events") == true)
    }
}
