import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// What a provider has refused or filtered asks for nothing, whatever came before the refusal.
@Suite struct RefusedAnswerTests {
    private typealias Claude = AnthropicStreamTests
    private typealias Chat = OpenAIStreamTests

    private let claude = AnthropicStream(model: "m", names: Claude.names)
    private let chat = OpenAIStream(model: "m", names: Chat.names)

    private static let call = Chat.chunk(
        #"{"tool_calls":[{"index":0,"id":"a","function":{"name":"github__add_labels","arguments":"{\"n\":1}"}}]}"#)
    private static let counted = #"{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":10}}"#

    @Test(arguments: [
        [Claude.end("refusal")], [Claude.end("refusal"), Claude.end("end_turn")],
        [Claude.end("tool_use"), Claude.end("refusal")],
    ])
    func `a whole tool call in a refused message is left out, and its usage is not`(ends: [String]) throws {
        let turn = try StreamFeed<AnthropicStream>.turn(
            claude,
            [
                Claude.start, Claude.textStart, Claude.text("So"), Claude.toolStart, Claude.input(#"{"labels":[]}"#),
                #"{"type":"content_block_stop","index":1}"#,
            ] + ends + [Claude.stop])
        #expect(turn.stop == .refusal)
        #expect(turn.content == [.text("So")])
        #expect(turn.usage == TokenUsage(input: 10, cacheRead: 4, cacheWrite: 3, output: 20))
    }

    @Test(arguments: [
        "content_filter", "CONTENT_FILTER", "content_filter: SAFETY", "refusal", "SAFETY", "PROHIBITED_CONTENT",
        "guardrail_intervened", "sensitive",
    ])
    func `a whole tool call in a filtered completion is left out, and its usage is not`(reason: String) throws {
        let turn = try StreamFeed<OpenAIStream>.turn(
            chat, [Self.call, Chat.chunk("{}", finish: reason), Self.counted, "[DONE]"])
        #expect(turn.stop == .refusal)
        #expect(turn.content.isEmpty)
        #expect(turn.warning == nil)
        #expect(turn.usage == TokenUsage(input: 100, output: 10))
    }

    @Test(arguments: [
        [call, Chat.chunk("{}", finish: "content_filter"), Chat.chunk("{}", finish: "stop")],
        [call, Chat.chunk(#"{"refusal":"No."}"#), Chat.chunk("{}", finish: "tool_calls")],
        [Chat.chunk(#"{"refusal":"No."}"#), call, Chat.chunk("{}", finish: "length")],
    ])
    func `nothing that comes later takes a refusal back`(events: [String]) throws {
        let turn = try StreamFeed<OpenAIStream>.turn(chat, events + ["[DONE]"])
        #expect(turn.stop == .refusal)
        #expect(!turn.content.contains { $0.isToolUse })
    }

    @Test func `a call that was cut off before its arguments asks for nothing`() throws {
        let message = try StreamFeed<AnthropicStream>.turn(
            claude, [Claude.start, Claude.toolStart, Claude.end("max_tokens"), Claude.stop])
        #expect(message.content.isEmpty)
        let completion = try StreamFeed<OpenAIStream>.turn(
            chat,
            [
                Chat.chunk(#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"one","arguments":""}}]}"#),
                Chat.chunk("{}", finish: "length"),
            ])
        #expect(completion.content.isEmpty)
    }

    @Test(arguments: [
        ["[DONE]"], [counted, "[DONE]"], [call, "[DONE]"],
        [call, Chat.chunk("{}", finish: "tool_calls"), #"{"error":{"code":"content_filter","message":"filtered"}}"#],
    ])
    func `a completion that never ended, or that its server calls failed, is no answer`(events: [String]) async throws {
        let body = events.map { "data: \($0)\n\n" }.joined()
        let server = try ModelServer(
            RawServer.respond(headers: ["Content-Type": "text/event-stream"], body: body))
        let failure = await (try server.provider(.openai)).failure(.hello)
        guard case .broken = failure?.cause else {
            Issue.record("not broken: \(String(describing: failure))")
            return
        }
    }

    @Test func `a message that only began and stopped is no answer`() async throws {
        let body = [Claude.start, Claude.stop].map { "data: \($0)\n\n" }.joined()
        let server = try ModelServer(
            RawServer.respond(headers: ["Content-Type": "text/event-stream"], body: body))
        guard case .broken = await (try server.provider(.anthropic)).failure(.hello)?.cause else {
            Issue.record("not broken")
            return
        }
    }

    @Test func `a filtered call of a tool fails the run, makes no action, and is paid for`() async throws {
        let vendor = try Vendor.serving(
            .calls([("github.create_issue_comment", Hub.comment)], saying: "To help.", stop: "content_filter"))
        let office = try Office(vendor: vendor)
        let story = Story()
        let id = try await office.queue()
        let ended = try #require(try await office.attempt(try await office.worker(), story: story))
        #expect(ended.state == .failed)
        #expect(story.failure?.message == "the model refused to answer")
        #expect(try await office.actions(id).isEmpty)
        #expect(ended.usage == Vendor.usage)
        #expect(vendor.requests.count == 1)
    }

    @Test func `a recorded refusal asks for nothing either`() async throws {
        let request = ModelRequest.hello
        let entry = Recording.Entry(
            key: RequestDigest.key(of: request, volatile: []), origin: .recorded,
            answer: Recording.Answer(
                content: [.text("No."), .toolUse(id: "a", name: "github.add_labels", input: [:])], stop: .refusal,
                usage: nil))
        let turn = try await ReplayProvider(Recording(entries: [entry])).complete(request) { _ in }
        #expect(turn.content == [.text("No.")])
    }
}
