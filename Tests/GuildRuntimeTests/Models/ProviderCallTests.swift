import Foundation
import GuildConnectors
import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

@testable import GuildRuntime

/// The calls themselves: what goes out, and what each way of failing means.
@Suite struct ProviderCallTests {
    static let anthropicAnswer = [
        #"{"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":9,"output_tokens":1}}}"#,
        #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"jira__get_issue","input":{}}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"key\":\"ÄB-1 🦊\"}"}}"#,
        #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":5}}"#,
        #"{"type":"message_stop"}"#,
    ]
    static let openAIAnswer = [
        #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"toolu_1","function":{"name":"jira__get_issue","arguments":"{\"key\":\"ÄB-1 🦊\"}"}}]}}]}"#,
        #"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14}}"#, "[DONE]",
    ]
    static let tool = ModelTool(
        name: "jira.get_issue", summary: "Reads an issue.",
        schema: ["type": "object", "properties": ["key": ["type": "string"]]])

    static func events(_ data: [String]) -> [UInt8] { Array(data.map { "data: \($0)\r\n\r\n" }.joined().utf8) }

    static var conversation: ModelRequest {
        ModelRequest(
            model: "m", system: "Be brief.",
            messages: [
                ModelMessage(role: .user, content: [.text("Look"), .text("")]),
                ModelMessage(
                    role: .assistant,
                    content: [
                        .reasoning(["type": "thinking", "thinking": "", "signature": "s"]),
                        .toolUse(id: "t1", name: "jira.get_issue", input: ["key": "A-1"]),
                    ]),
                ModelMessage(
                    role: .user, content: [.text("and?"), .toolResult(id: "t1", content: "none", isError: true)]),
            ], tools: [tool, ModelTool(name: "slack.post_message", summary: "", schema: ["type": "object"])],
            maxOutputTokens: 256)
    }

    @Test(arguments: Cut.allCases)
    func `an Anthropic call sends what it should and reads a tool call`(cut: Cut) async throws {
        let vendor = try ModelServer(cut.steps(Self.events(Self.anthropicAnswer)))
        let turn = try await vendor.provider(.anthropic).complete(Self.conversation) { _ in }
        #expect(turn.content == [.toolUse(id: "toolu_1", name: "jira.get_issue", input: ["key": "ÄB-1 🦊"])])
        #expect(turn.usage == TokenUsage(input: 9, output: 5))
        let request = try #require(vendor.server.requests.first)
        #expect(request.method == "POST")
        #expect(request.path == "/v1/messages")
        #expect(request.headers["x-api-key"] == "sk-test-key")
        #expect(request.headers["anthropic-version"] == "2023-06-01")
        let mark: JSONValue = ["type": "ephemeral"]
        let expected: JSONValue = [
            "model": "m", "max_tokens": 256, "stream": true,
            "system": [["type": "text", "text": "Be brief.", "cache_control": mark]],
            "tools": [
                ["name": "jira__get_issue", "description": "Reads an issue.", "input_schema": Self.tool.schema],
                [
                    "name": "slack__post_message", "description": "", "input_schema": ["type": "object"],
                    "cache_control": mark,
                ],
            ],
            "messages": [
                ["role": "user", "content": [["type": "text", "text": "Look"]]],
                [
                    "role": "assistant",
                    "content": [
                        ["type": "thinking", "thinking": "", "signature": "s"],
                        ["type": "tool_use", "id": "t1", "name": "jira__get_issue", "input": ["key": "A-1"]],
                    ],
                ],
                [
                    "role": "user",
                    "content": [
                        ["type": "tool_result", "tool_use_id": "t1", "content": "none", "is_error": true],
                        ["type": "text", "text": "and?"],
                    ],
                ],
            ],
        ]
        #expect(try vendor.sent() == expected)
    }

    @Test(arguments: Cut.allCases)
    func `a chat completion sends what it should and reads a tool call`(cut: Cut) async throws {
        let vendor = try ModelServer(cut.steps(Self.events(Self.openAIAnswer)))
        let turn = try await vendor.provider(.openAICompatible, path: "/v1/").complete(Self.conversation) { _ in }
        #expect(turn.content == [.toolUse(id: "toolu_1", name: "jira.get_issue", input: ["key": "ÄB-1 🦊"])])
        #expect(turn.usage == TokenUsage(input: 9, output: 5))
        let request = try #require(vendor.server.requests.first)
        #expect(request.path == "/v1/chat/completions")
        #expect(request.headers["authorization"] == "Bearer sk-test-key")
        let body = try vendor.sent()
        #expect(body["max_tokens"] == 256)
        #expect(body["stream_options"] == ["include_usage": true])
        #expect(body["tools"]?.array?.first?["function"]?["name"] == "jira__get_issue")
        let expected: JSONValue = [
            ["role": "system", "content": "Be brief."], ["role": "user", "content": "Look"],
            [
                "role": "assistant", "content": .null,
                "tool_calls": [
                    [
                        "id": "t1", "type": "function",
                        "function": ["name": "jira__get_issue", "arguments": #"{"key":"A-1"}"#],
                    ]
                ],
            ], ["role": "tool", "tool_call_id": "t1", "content": "Error: none"], ["role": "user", "content": "and?"],
        ]
        #expect(body["messages"] == expected)
    }

    @Test func `a local server needs no key, and a request without a model takes the provider's`() async throws {
        let vendor = try ModelServer(Cut.whole.steps(Self.events(Self.openAIAnswer)))
        var request = ModelRequest.hello
        request.model = ""
        _ = try await vendor.provider(.ollama, key: nil).complete(request) { _ in }
        #expect(vendor.server.requests.first?.headers["authorization"] == nil)
        #expect(try vendor.sent()["model"] == "fallback-model")
    }

    @Test func `usage that never comes is nil, and a missing end mark does no harm`() async throws {
        let events = Self.events(Array(Self.openAIAnswer.prefix(2)))
        let turn = try await ModelServer(Cut.whole.steps(events)).provider(.openai).complete(.hello) { _ in }
        #expect(turn.usage == nil)
        #expect(turn.stop == .toolUse)
    }

    @Test(
        arguments: [408, 409, 425, 429, 500, 501, 502, 503, 504, 520, 522, 524, 529, 530],
        [ProviderSettings.Kind.anthropic, .openai])
    func `a retryable status carries the wait that was asked for`(status: Int, kind: ProviderSettings.Kind) async throws
    {
        let body = #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
        let vendor = try ModelServer(RawServer.respond(status: status, headers: ["Retry-After": "7"], body: body))
        let failure = try await vendor.provider(kind).failure(.hello)
        #expect(
            failure
                == .retryable(
                    provider: kind.rawValue, reason: "status \(status): overloaded_error: Overloaded",
                    retryAfter: .seconds(7), status: status))
    }

    @Test(arguments: [
        ("retry-after-ms: 1500, retry-after: 9", Duration.milliseconds(1500)), ("retry-after: 0.5", .milliseconds(500)),
        ("retry-after: 99999999999999999999", .seconds(86_400)), ("retry-after: inf", .seconds(86_400)),
        ("retry-after: -1", nil), ("retry-after: soon", nil), ("retry-after: nan", nil), ("", nil),
    ])
    func `a wait is bounded and nonsense is no wait`(fields: String, expected: Duration?) {
        var headers = Headers()
        for field in fields.split(separator: ", ") {
            let parts = field.split(separator: ": ")
            headers[String(parts[0])] = String(parts[1])
        }
        let refusal = ProviderRefusal(
            provider: "p", status: 429, headers: headers, body: [], now: Timestamp(seconds: 0),
            redactor: Redactor())
        #expect(
            refusal.failure()
                == .retryable(provider: "p", reason: "status 429", retryAfter: expected, status: 429))
    }

    @Test func `a wait until a date counts from now`() {
        let refusal = ProviderRefusal(
            provider: "p", status: 503, headers: ["retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"], body: [],
            now: Timestamp(seconds: 784_111_777 - 30), redactor: Redactor())
        #expect(
            refusal.failure()
                == .retryable(provider: "p", reason: "status 503", retryAfter: .seconds(30), status: 503))
    }

    @Test(arguments: [400, 401, 403, 404, 413, 422, 301])
    func `any other status is final and never shows the key`(status: Int) async throws {
        let body = #"{"error":{"message":"bad key sk-test-key\u001b[31m"}}"#
        let vendor = try ModelServer(RawServer.respond(status: status, body: body))
        let failure = try await vendor.provider(.openai).failure(.hello)
        #expect(failure == .rejected(provider: "openai", status: status, reason: "bad key •••• [31m"))
    }

    @Test func `a key on which the excerpt of a long error ends is hidden too`() {
        let (secret, redactor) = ("sk-0123456789", Redactor())
        redactor.learn(Secret(secret))
        for cut in 1...13 {
            let said = ProviderWords.excerpt("bad key: \(secret) and more", redactor, characters: 9 + cut)
            #expect(said.hasPrefix("bad key: •") && !said.contains("sk"))
        }
    }

    @Test func `an exhausted quota is final though its status is 429`() async throws {
        let body =
            #"{"error":{"message":"You exceeded your quota","type":"insufficient_quota","code":"insufficient_quota"}}"#
        let vendor = try ModelServer(RawServer.respond(status: 429, body: body))
        let failure = try await vendor.provider(.openai).failure(.hello)
        #expect(
            failure
                == .rejected(
                    provider: "openai", status: 429, reason: "insufficient_quota: You exceeded your quota"))
    }

    @Test func `a message that repeats the key in another encoding shows none of it`() async throws {
        let basic = Data("user:sk-test-key".utf8).base64EncodedString()
        let body = #"{"error":{"message":"bad Basic \#(basic), %73k-test-key"}}"#
        let vendor = try ModelServer(RawServer.respond(status: 401, body: body))
        let message = try #require(try await vendor.provider(.openai).failure(.hello)).message
        #expect(!message.contains(basic.suffix(12)) && !message.contains("test-key"))
    }

    @Test(arguments: [
        (#"{"error":{"message":"busy","code":503}}"#, 503), (#"{"error":{"message":"busy","code":"503"}}"#, 503),
        (#"{"error":{"message":"busy","type":"overloaded_error"}}"#, 529),
        (#"{"error":{"message":"busy","status":"RESOURCE_EXHAUSTED"}}"#, 429),
        (#"[{"error":{"message":"busy","status":"UNAVAILABLE","code":503}}]"#, 503),
        (#"{"error":{"message":"busy","code":"rate_limit_exceeded","type":"requests"}}"#, 429),
        (#"{"error":"busy","code":429}"#, 429),
    ])
    func `an error with a transient code is retried though its status is 200`(body: String, meant: Int) async throws {
        let vendor = try ModelServer(RawServer.respond(headers: ["content-type": "application/json"], body: body))
        guard case .retryable(_, let reason, _, meant) = try await vendor.provider(.openai).failure(.hello) else {
            Issue.record("not retryable")
            return
        }
        #expect(reason.contains("busy"))
    }

    @Test func `an empty account is not retried, whatever the status says`() async throws {
        let body = #"{"error":{"message":"pay","type":"insufficient_quota","code":503}}"#
        for status in [200, 429, 503] {
            let vendor = try ModelServer(
                RawServer.respond(status: status, headers: ["content-type": "application/json"], body: body))
            let failure = try await vendor.provider(.openai).failure(.hello)
            guard case .rejected = failure else {
                Issue.record("\(status): not rejected")
                continue
            }
        }
    }

    @Test func `a server says by a header whether another try helps`() async throws {
        for (status, wanted, isRetried) in [(503, "false", false), (400, "true", true)] {
            let vendor = try ModelServer(
                RawServer.respond(status: status, headers: ["x-should-retry": wanted], body: "{}"))
            let failure = try await vendor.provider(.openai).failure(.hello)
            if case .retryable = failure { #expect(isRetried) } else { #expect(!isRetried) }
            #expect(failure?.hint?.contains("prompt") == false)
        }
    }

    @Test func `a status without a body blames no prompt`() async throws {
        let vendor = try ModelServer([.send("HTTP/1.1 204 No Content\r\n\r\n"), .close])
        let failure = try #require(try await vendor.provider(.openai).failure(.hello))
        #expect(failure.message == "openai: refused the request (204): no reason given")
        #expect(failure.hint?.contains("base_url") == true && failure.hint?.contains("prompt") == false)
    }

    @Test(arguments: [
        (401, "api_key"), (402, "credit"), (403, "may not use"), (404, "no such model"), (408, "timed out"),
        (409, "busy with another"), (413, "too large"), (429, "limits your rate"), (500, "the provider failed"),
        (503, "overloaded"), (521, "proxy"), (529, "overloaded"), (307, "moved"), (400, "fix the cause"),
        (201, "base_url"),
    ])
    func `each status has a hint of its own`(status: Int, words: String) async throws {
        let vendor = try ModelServer(RawServer.respond(status: status, body: "{}"))
        let hint = try #require(try await vendor.provider(.openai).failure(.hello)?.hint)
        #expect(hint.contains(words), "\(hint)")
    }

    @Test func `a server that does not stream has been paid all the same`() async throws {
        let body = #"{"choices":[],"usage":{"prompt_tokens":50,"completion_tokens":7}}"#
        let vendor = try ModelServer(RawServer.respond(headers: ["content-type": "application/json"], body: body))
        let failure = try await vendor.provider(.openai).failure(.hello)
        #expect(failure?.usage?.tokens == TokenUsage(input: 50, output: 7))
    }

    @Test func `JSON in place of events is an error, by its own words where it has any`() async throws {
        let headers: Headers = ["content-type": "application/json"]
        let said = try ModelServer(RawServer.respond(headers: headers, body: #"{"error":{"message":"no such model"}}"#))
        #expect(
            try await said.provider(.openai).failure(.hello)
                == .rejected(provider: "openai", status: 200, reason: "no such model"))
        let whole = try ModelServer(RawServer.respond(headers: headers, body: #"{"choices":[]}"#))
        guard case .broken = try await whole.provider(.openai).failure(.hello) else {
            Issue.record("not broken")
            return
        }
    }

    @Test(arguments: ["<html>Bad gateway</html>", "data: {\r\n\r\n", "data: 5\n\n", "\u{0}\u{0}\u{0}", ""])
    func `garbage is broken`(body: String) async throws {
        for kind in [ProviderSettings.Kind.anthropic, .openai] {
            let vendor = try ModelServer(Cut.whole.steps(Array(body.utf8)))
            let failure = try await vendor.provider(kind).failure(.hello)
            guard case .broken = failure else {
                Issue.record("\(kind): \(String(describing: failure))")
                continue
            }
        }
    }

    @Test func `a stream that stalls is given up when our patience ends`() async throws {
        let events = Self.events(Array(Self.anthropicAnswer.prefix(3)))
        let vendor = try ModelServer([
            .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"), .send(events), .stallForever,
        ])
        let timeouts = HTTPTimeouts(idle: .milliseconds(100))
        let failure = try await vendor.provider(timeouts: timeouts).failure(.hello)
        guard case .stalled(_, let reason) = failure?.cause else {
            Issue.record("not stalled: \(String(describing: failure))")
            return
        }
        #expect(reason.contains("timed out"))
        #expect(failure?.mayHaveBilled == true)
    }

    @Test func `a server that never answers may have billed`() async throws {
        let vendor = try ModelServer([.stallForever])
        let failure = try await vendor.provider(timeouts: HTTPTimeouts(firstByte: .milliseconds(100))).failure(.hello)
        #expect(failure?.mayHaveBilled == true)
    }

    @Test func `a connection that is reset within the answer is broken`() async throws {
        let vendor = try ModelServer([
            .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 999999\r\n\r\n"),
            .send(Self.events(Array(Self.anthropicAnswer.prefix(2)))), .reset,
        ])
        #expect(try await vendor.provider().failure(.hello)?.mayHaveBilled == true)
    }

    @Test func `nobody listening is worth another try`() async throws {
        let vendor = try ModelServer([.close])
        vendor.server.stop()
        guard case .retryable = try await vendor.provider().failure(.hello) else {
            Issue.record("not retryable")
            return
        }
    }

    @Test func `a cancelled call lets go of its connection`() async throws {
        let vendor = try ModelServer([
            .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"),
            .send(Self.events(Array(Self.anthropicAnswer.prefix(1)))), .stallForever,
        ])
        let provider = try vendor.provider()
        let call = Task { await provider.failure(.hello) }
        await vendor.server.waitForRequests(1)
        call.cancel()
        #expect(await call.value == .cancelled)
        await vendor.server.waitForConnectionsClosedByPeer(1)
    }
}
