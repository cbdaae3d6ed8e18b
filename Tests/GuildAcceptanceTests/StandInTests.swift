import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// What the tests and the crash harness rely on in the stand-in itself.
struct StandInTests {
    private static let messagesHeaders: Headers = [
        "x-api-key": "secret-key", "anthropic-version": "2023-06-01", "content-type": "application/json",
    ]
    private static let githubHeaders: Headers = ["authorization": "Bearer secret-token", "user-agent": "test"]

    private static func messages(_ text: String, model: String = "m", streams: Bool = false) -> [UInt8] {
        let body: JSONValue = [
            "model": .string(model), "max_tokens": 100, "stream": .bool(streams),
            "messages": [["role": "user", "content": .string(text)]],
        ]
        return body.bytes()
    }

    private static func ask(_ client: RawClient, _ text: String, streams: Bool = false) throws -> RawClient.Response {
        try client.request(
            "POST", "/v1/messages", headers: messagesHeaders, body: messages(text, streams: streams))
    }

    private static func setScript(_ client: RawClient, _ script: JSONValue) throws {
        let response = try client.request("POST", "/__standin/script", body: script.bytes())
        #expect(response.status == 204, "\(response.text)")
    }

    private static func text(_ response: RawClient.Response) -> JSONValue? {
        response.json?.value(at: ["content", "0", "text"])
    }

    @Test func `a script answers in order, by text, and then as without one`() async throws {
        let standIn = try await StandInProcess.start()
        try await talk(standIn.port) { client in
            try Self.setScript(
                client,
                [
                    ["match": "refund", "text": "a refund"], ["text": "first"],
                    ["text": "second", "times": 2, "usage": ["input_tokens": 5, "output_tokens": 6]],
                ])
            for (question, answer) in [
                ("hello", "first"), ("a refund?", "a refund"), ("hello", "second"), ("hello", "second"),
                ("refund again", "a refund"), ("hello", "Noted: hello"),
            ] {
                let response = try Self.ask(client, question)
                #expect(Self.text(response) == .string(answer))
                if answer == "second" { #expect(response.json?.value(at: ["usage", "output_tokens"]) == 6) }
            }
            #expect(try client.request("POST", "/__standin/reset").status == 204)
            let again = try Self.ask(client, "hello")
            #expect(Self.text(again) == "first")
            let wrong = try client.request("POST", "/__standin/script", body: Array(#"[{"txt": "a"}]"#.utf8))
            #expect(wrong.status == 400)
            #expect(wrong.json?["hint"] == "did you mean 'text'?")
        }
    }

    @Test func `a held call stays open until its gate is released`() async throws {
        let standIn = try await StandInProcess.start()
        let port = standIn.port
        try await talk(port) { try Self.setScript($0, [["holdUntil": "go", "text": "held"]]) }
        try await talk(port) { held in
            try held.send(
                head: "POST /v1/messages HTTP/1.1\nHost: a\nx-api-key: k\nanthropic-version: 2023-06-01\n"
                    + "content-type: application/json\nContent-Length: \(Self.messages("x").count)\n\n")
            try held.send(Self.messages("x"))
            let control = try RawClient(port: port)
            // The gate's count is the stand-in's own word that the call has arrived.
            while try control.request("GET", "/__standin/gates").json != ["go": 1] { sched_yield() }
            #expect(try control.request("POST", "/__standin/release/go").status == 204)
            let response = try held.response()
            #expect(Self.text(response) == "held")
        }
    }

    @Test func `faults are what they say`() async throws {
        let standIn = try await StandInProcess.start()
        let port = standIn.port
        try await talk(port) {
            try Self.setScript(
                $0,
                [
                    ["fault": "http", "status": 529, "retryAfter": 3], ["fault": "garbage"],
                    ["fault": "truncate", "afterEvents": 2], ["fault": "garbage", "afterEvents": 1],
                    ["fault": "truncate"],
                ])
        }
        try await talk(port) { client in
            let overloaded = try Self.ask(client, "x")
            #expect(overloaded.status == 529)
            #expect(overloaded.headers["retry-after"] == "3")
            #expect(overloaded.json?.value(at: ["error", "type"]) == "overloaded_error")
            let garbage = try Self.ask(client, "x")
            #expect(garbage.status == 200)
            #expect(garbage.json == nil)
        }
        try await talk(port) { client in
            let broken = try Self.ask(client, "x", streams: true)
            #expect(broken.text.components(separatedBy: "\n\n").count == 3)
            #expect(!broken.text.contains("message_stop"))
        }
        try await talk(port) { client in
            let spoilt = try Self.ask(client, "x", streams: true).text
            #expect(spoilt.contains("<html>"))
            #expect(spoilt.contains("message_stop"))
            #expect(try Self.ask(client, "x").json == nil)
        }
    }

    @Test func `the log has every call and every effect, and no secret`() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("guild-log-\(UUID()).jsonl").path
        defer { unlink(path) }
        let standIn = try await StandInProcess.start(["--log", path])
        let kept = try await talk(standIn.port) { client in
            _ = try Self.ask(client, "hello")
            for number in [7, 7, 8] {
                let created = try client.request(
                    "POST", "/repos/acme/shop/issues/\(number)/comments", headers: Self.githubHeaders,
                    body: Array(#"{"body": "hi"}"#.utf8))
                #expect(created.status == 201)
            }
            return try #require(client.request("GET", "/__standin/requests").json?.array)
        }
        standIn.child.kill()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let logged = try lines.map { try JSONParser.parse($0) }
        #expect(logged == kept)
        #expect(logged.map { $0["kind"] } == ["anthropic", "github", "github", "github"])
        #expect(
            logged.compactMap { $0.value(at: ["effects", "0"]) }.map { [$0["kind"], $0["number"], $0["id"]] } == [
                ["comment_created", 7, 1001], ["comment_created", 7, 1002], ["comment_created", 8, 1003],
            ])
        #expect(!lines.joined().contains("secret-"))
    }

    @Test func `an effect can happen and its answer be lost`() async throws {
        let standIn = try await StandInProcess.start()
        let port = standIn.port
        try await talk(port) {
            try Self.setScript($0, [["path": "/comments", "method": "POST", "fault": "truncate", "afterEffect": true]])
        }
        let body = Array(#"{"body": "once"}"#.utf8)
        let path = "/repos/acme/shop/issues/1/comments"
        try await talk(port) { client in
            let lost = try client.request("POST", path, headers: Self.githubHeaders, body: body)
            #expect(lost.json == nil)
        }
        let comments = try await talk(port) { try $0.request("GET", path, headers: Self.githubHeaders).json }
        #expect(comments?.array?.map { $0["body"] } == ["once"])
    }

    @Test func `GitHub's lists have pages, and its refusals their shape`() async throws {
        let standIn = try await StandInProcess.start()
        let port = standIn.port
        try await talk(port) { client in
            let path = "/repos/acme/shop/issues/1/comments"
            for _ in 0..<5 {
                _ = try client.request(
                    "POST", path, headers: Self.githubHeaders, body: Array(#"{"body": "hi"}"#.utf8))
            }
            let page = try client.request("GET", path + "?per_page=2&page=2", headers: Self.githubHeaders)
            #expect(page.json?.array?.map { $0["id"] } == [1003, 1004])
            let link = try #require(page.headers["link"])
            #expect(link.contains("\(path)?per_page=2&page=3>; rel=\"next\""))
            #expect(link.contains("page=3>; rel=\"last\""))
            #expect(link.contains("page=1>; rel=\"first\""))
            let empty = try client.request("POST", path, headers: Self.githubHeaders, body: Array("{}".utf8))
            #expect(empty.status == 422)
            #expect(empty.json?.value(at: ["errors", "0", "field"]) == "body")
            let missing = try client.request("GET", "/repos/acme/shop/issues/2000", headers: Self.githubHeaders)
            #expect(missing.json?["message"] == "Not Found")
            let label = try client.request(
                "DELETE", "/repos/acme/shop/issues/1/labels/help%20wanted", headers: Self.githubHeaders)
            #expect(label.json?["message"] == "Label does not exist")
            let stranger = try client.request("GET", "/user", headers: ["user-agent": "test"])
            #expect(stranger.status == 401)
            let diff = try client.request(
                "GET", "/repos/acme/shop/pulls/3",
                headers: Headers(
                    Self.githubHeaders.fields.map { ($0.name, $0.value) } + [
                        ("Accept", "application/vnd.github.diff")
                    ]))
            #expect(diff.text.hasPrefix("diff --git "))
        }
    }

    @Test(arguments: [
        (["--port"], "--port needs a value"), (["--port", "70000"], "'70000' is not a port"),
        (["--verbose"], "unknown argument '--verbose'"), (["--script", "/nonexistent"], "cannot read the script"),
    ])
    func `a wrong command line exits 2 and says why`(arguments: [String], complaint: String) async throws {
        let finished = try await ChildProcess.run(try BuiltProducts.path(of: "GuildStandIn"), arguments)
        #expect(finished.status == 2)
        #expect(finished.errors.contains(complaint))
    }
}
