import GuildConnectors
import GuildDomain
import Testing

@testable import GuildRuntime

/// What goes back to a server as it came, by way of the journal.
@Suite struct OpenAIReasoningTests {
    /// The assistant message that hands the answer of these events back.
    private func echo(_ events: [String], by dialect: OpenAIDialect = OpenAIDialect()) throws -> JSONValue? {
        let turn = try StreamFeed<OpenAIStream>.turn(OpenAIStream(model: "m", names: WireToolNames([])), events)
        let journalled = try TurnDelta.content(of: TurnDelta.json(of: turn.content))
        let request = ModelRequest(
            model: "m", system: "", messages: [ModelMessage(role: .assistant, content: journalled)])
        return OpenAIRequest(request: request, names: WireToolNames([]), dialect: dialect).body["messages"]?.array?
            .first
    }

    private static func calls(_ calls: String, finish: String? = nil) -> String {
        OpenAIStreamTests.chunk(#"{"tool_calls":[\#(calls)]}"#, finish: finish)
    }

    @Test func `the signature of a thought goes back with its call, and with no other`() throws {
        let events = [
            Self.calls(
                #"{"index":0,"id":"a","function":{"name":"one","arguments":"{}"},"extra_content":{"google":{"thought_signature":"SIG"}}}"#
            ), Self.calls(#"{"index":1,"id":"b","function":{"name":"two","arguments":"{}"}}"#, finish: "stop"),
        ]
        let calls = try #require(try echo(events)?["tool_calls"]?.array)
        #expect(calls.map { $0["extra_content"] } == [["google": ["thought_signature": "SIG"]], nil])
        #expect(calls.map { $0["id"] } == ["a", "b"])
        let own = try echo(events, by: OpenAIDialect(isOpenAI: true))
        #expect(own?["tool_calls"]?.array?.first?["extra_content"] == nil)
    }

    @Test func `a signature that comes behind its call goes back with it`() throws {
        let message = try echo([
            Self.calls(#"{"index":0,"id":"a","function":{"name":"one","arguments":"{}"}}"#),
            Self.calls(#"{"index":0,"extra_content":{"google":{"thought_signature":"SIG"}}}"#, finish: "tool_calls"),
        ])
        #expect(
            message?["tool_calls"]?.array?.map { $0["extra_content"] } == [["google": ["thought_signature": "SIG"]]])
    }

    @Test func `details of reasoning go back as they were, put together from their pieces`() throws {
        func details(_ list: String) -> String {
            OpenAIStreamTests.chunk(#"{"content":"","reasoning":"x","reasoning_details":[\#(list)]}"#)
        }
        let message = try echo([
            details(#"{"type":"reasoning.text","text":"Let me ","index":0,"format":"f","signature":null}"#),
            details(#"{"type":"reasoning.text","text":"see.","index":0,"format":"f"}"#),
            details(#"{"type":"reasoning.text","signature":"SIG","index":0,"format":"f"}"#),
            details(#"{"type":"reasoning.encrypted","data":"ENC","id":"r1","index":1}"#),
            details(#"{"type":"reasoning.encrypted","data":"MORE","id":"r1","index":1}"#),
            Self.calls(#"{"index":0,"id":"a","function":{"name":"one","arguments":"{}"}}"#, finish: "tool_calls"),
        ])
        let list = try #require(message?["reasoning_details"]?.array)
        #expect(list.count == 3)
        #expect(list.first?["text"] == "Let me see.")
        #expect(list.first?["signature"] == "SIG")
        #expect(
            Array(list.dropFirst()) == [
                ["type": "reasoning.encrypted", "data": "ENC", "id": "r1", "index": 1],
                ["type": "reasoning.encrypted", "data": "MORE", "id": "r1", "index": 1],
            ])
        // The thoughts are in the details already.
        #expect(message?["reasoning"] == nil)
    }

    @Test func `more details than the limit break the answer`() {
        let detail = #"{"type":"reasoning.encrypted","data":"x"}"#
        let list = Array(repeating: detail, count: 300).joined(separator: ",")
        let failure = StreamFeed<OpenAIStream>.failure(
            OpenAIStream(model: "m", names: WireToolNames([])),
            [OpenAIStreamTests.chunk(#"{"reasoning_details":[\#(list)]}"#)])
        #expect(failure?.message.contains("256 reasoning_details") == true)
    }

    @Test func `what would have to be masked is left out, not changed`() throws {
        let redactor = Redactor()
        redactor.learn(Secret("sk-0123456789"))
        let turn = ModelTurn(
            content: [
                .reasoning(OpenAIReasoning.value(extra: ["s": "sk-0123456789"], call: "a")),
                .reasoning(OpenAIReasoning.value(details: ["sk-0123456789"])),
                .reasoning(OpenAIReasoning.value(field: "reasoning", text: "it is sk-0123456789")), .text("kept"),
            ], stop: .endTurn, usage: nil, model: "m")
        let masked = turn.masked(by: redactor)
        #expect(masked.content.count == 2)
        #expect(!"\(masked.content)".contains("sk-0123456789"))
    }
}
