import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

@testable import GuildRuntime

/// What a response without a single event is: an answer all the same, or none.
@Suite struct UnstreamedAnswerTests {
    private static let chat =
        #"{"object":"chat.completion","model":"ran","choices":[{"index":0,"message":{"role":"assistant","content":"whole","tool_calls":[{"id":"a","type":"function","function":{"name":"jira__get_issue","arguments":"{\"key\":\"A\"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":50,"completion_tokens":7}}"#
    private static let message =
        #"{"type":"message","id":"msg","model":"ran","content":[{"type":"text","text":"whole"},{"type":"tool_use","id":"a","name":"jira__get_issue","input":{"key":"A"}}],"stop_reason":"tool_use","usage":{"input_tokens":50,"output_tokens":7}}"#

    @Test(arguments: ["application/json", "application/json; charset=utf-8", "text/event-stream", ""])
    func `a whole answer in place of a stream is the answer`(type: String) async throws {
        let headers: Headers = type.isEmpty ? Headers() : ["Content-Type": type]
        for (kind, body) in [(ProviderSettings.Kind.openAICompatible, Self.chat), (.anthropic, Self.message)] {
            let vendor = try ModelServer(RawServer.respond(headers: headers, body: body))
            let turn = try await vendor.provider(kind).complete(ProviderCallTests.conversation) { _ in }
            #expect(
                turn.content == [.text("whole"), .toolUse(id: "a", name: "jira.get_issue", input: ["key": "A"])])
            #expect(turn.stop == .toolUse)
            #expect(turn.model == "ran")
            #expect(turn.usage == TokenUsage(input: 50, output: 7))
            #expect(!turn.isUsageEstimated)
        }
    }

    @Test func `an event without a type is no whole message`() throws {
        var stream = AnthropicStream(model: "m", names: WireToolNames([]))
        #expect(try stream.apply(event: "message", data: #"{"future":1}"#).isEmpty)
        #expect(!stream.isComplete)
    }

    @Test func `a stream is read as one, whatever it is called`() async throws {
        for type in ["application/json", "text/plain"] {
            let body = ProviderCallTests.events(ProviderCallTests.openAIAnswer)
            let vendor = try ModelServer(RawServer.respond(headers: ["Content-Type": type], body: body))
            #expect(try await vendor.provider(.openAICompatible).complete(.hello) { _ in }.stop == .toolUse)
        }
    }

    @Test(arguments: [
        ("text/html", "<html>\u{1b}[2JLog in</html>", "Content-Type text/html", "'<html> [2JLog in</html>'"),
        ("text/plain", "", "Content-Type text/plain", "the body is empty"),
        ("", "upstream", "no Content-Type", "'upstream'"),
    ])
    func `a page in place of an answer costs nothing, and is named`(
        type: String, body: String, named: String, shown: String
    ) async throws {
        let headers: Headers = type.isEmpty ? Headers() : ["Content-Type": type]
        for kind in [ProviderSettings.Kind.openAICompatible, .anthropic] {
            let vendor = try ModelServer(RawServer.respond(headers: headers, body: body))
            let failure = try #require(try await vendor.provider(kind).failure(.hello))
            #expect(!failure.mayHaveBilled && failure.usage == nil)
            #expect(failure.message.contains(named) && failure.message.contains(shown), "\(failure.message)")
            #expect(failure.hint?.contains("base_url") == true)
        }
    }

    @Test(arguments: [
        ("text/html", true, [RawServer.Step.close]), ("text/html", true, [.stallForever]),
        ("text/event-stream", false, [.close]), ("application/json", false, [.stallForever]),
    ])
    func `a page that never ends costs nothing either`(type: String, isFree: Bool, end: [RawServer.Step]) async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Length: 999\r\n\r\n<html>"
        let vendor = try ModelServer([.send(head)] + end)
        let timeouts = HTTPTimeouts(idle: .milliseconds(100))
        let failure = try #require(try await vendor.provider(.openAICompatible, timeouts: timeouts).failure(.hello))
        #expect(failure.mayHaveBilled == !isFree)
    }

    @Test(arguments: [
        ("application/x-ndjson", "{\"choices\":[]}\n{\"choices\":[]}"), ("application/json", "{\"choices\":[{\"ind"),
        ("application/json", "{\"object\":\"list\"}"), ("text/event-stream", "<html>"),
    ])
    func `what a model may have written may have cost, and is named`(type: String, body: String) async throws {
        let vendor = try ModelServer(RawServer.respond(headers: ["Content-Type": type], body: body))
        let failure = try #require(try await vendor.provider(.openAICompatible).failure(.hello))
        #expect(failure.mayHaveBilled)
        #expect(failure.message.contains("Content-Type \(type)"), "\(failure.message)")
        #expect(failure.message.contains("begins '\(body.prefix(5))"), "\(failure.message)")
    }
}
