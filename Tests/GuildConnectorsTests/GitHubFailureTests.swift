import GuildConnectors
import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

struct GitHubFailureTests {
    private static let token = GitHubClientTests.token

    private static func failure(
        _ operation: String = "github.get_issue", _ arguments: JSONValue = ["repository": "acme/shop", "number": 4],
        action: ActionID? = nil, at url: String
    ) async -> OperationFailure? {
        let settings = GitHubSettings(baseURL: url, token: .known(Secret(token)), identity: "guild-bot")
        let client = GitHubClient(settings: settings, http: HTTPClient(), redactor: Redactor(), clock: FixedTime())
        do throws(OperationFailure) {
            _ = try await client.perform(operation, arguments: arguments, action: action, lastTry: nil)
            return nil
        } catch {
            return error
        }
    }

    struct Expected: Sendable {
        let status: Int
        var headers: Headers = [:]
        var message = "no"
        /// Nil for a final failure; seconds, or -1 where the system asks for no time.
        let retryAfter: Int64?
    }

    @Test(arguments: [
        Expected(status: 408, retryAfter: -1),
        Expected(status: 409, retryAfter: -1),
        Expected(status: 425, retryAfter: -1),
        Expected(status: 429, headers: ["Retry-After": "7"], retryAfter: 7),
        Expected(status: 500, retryAfter: -1),
        Expected(status: 503, headers: ["Retry-After": "99999999999999999999"], retryAfter: 24 * 3600),
        Expected(status: 502, headers: ["Retry-After": "-5"], retryAfter: -1),
        Expected(status: 403, retryAfter: nil),
        Expected(status: 403, headers: ["Retry-After": "60"], retryAfter: 60),
        Expected(
            status: 403, headers: ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000030"], retryAfter: 30),
        Expected(
            status: 403, headers: ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1600000000"], retryAfter: 0),
        Expected(
            status: 403, headers: ["X-RateLimit-Remaining": "12", "X-RateLimit-Reset": "1700000030"], retryAfter: nil),
        Expected(status: 403, message: "You have exceeded a secondary rate limit.", retryAfter: 60),
        Expected(status: 301, retryAfter: nil),
        Expected(status: 401, retryAfter: nil),
        Expected(status: 404, retryAfter: nil),
        Expected(status: 410, retryAfter: nil),
        Expected(status: 422, retryAfter: nil),
    ])
    func `a status is retried or final as the specification says`(expected: Expected) async throws {
        let server = try RawServer { _ in
            RawServer.respond(
                status: expected.status, headers: expected.headers,
                body: JSONValue.object(["message": .string(expected.message)]).text())
        }
        let failure = try #require(await Self.failure(at: server.url("")))
        #expect(failure.message.contains("github.get_issue: GitHub answers \(expected.status): \(expected.message)"))
        switch failure {
        case .retryable(_, let delay):
            #expect(delay == (expected.retryAfter == -1 ? nil : expected.retryAfter.map { Duration.seconds($0) }))
            #expect(expected.retryAfter != nil)
        case .final(let status, _):
            #expect(status == expected.status)
            #expect(expected.retryAfter == nil)
        default: Issue.record("\(failure)")
        }
    }

    @Test func `no answer, and half an answer, may be tried again`() async throws {
        let scripts: [[RawServer.Step]] = [
            [.close], [.reset], [.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"number\""), .close],
        ]
        for steps in scripts {
            let server = try RawServer { _ in steps }
            let failure = await Self.failure(at: server.url(""))
            guard case .retryable(let reason, nil)? = failure else {
                Issue.record("\(String(describing: failure))")
                continue
            }
            #expect(reason.hasPrefix("github.get_issue: "))
        }
    }

    @Test func `a server that is not there may be tried again`() async throws {
        let server = try RawServer { _ in [.close] }
        let url = server.url("")
        server.stop()
        guard case .retryable? = await Self.failure(at: url) else {
            Issue.record("expected a retryable failure")
            return
        }
    }

    @Test func `an answer that is not JSON is final`() async throws {
        for body in ["{\"number\":", "<html>", "{\"title\":\"\u{1}\"}"] {
            let server = try RawServer { _ in RawServer.respond(body: body) }
            guard case .final(200, let reason)? = await Self.failure(at: server.url("")) else {
                Issue.record("expected a final failure")
                continue
            }
            #expect(reason.contains("not JSON"))
        }
    }

    @Test func `the token is in no failure, even if GitHub repeats it`() async throws {
        let server = try RawServer { request in
            let echo = "bad credentials: \(request.headers["Authorization"] ?? "")"
            return RawServer.respond(
                status: 401,
                body: JSONValue.object(["message": .string(echo), "errors": [["message": .string(echo)]]]).text())
        }
        let failure = try #require(await Self.failure(at: server.url("")))
        #expect(failure.message.contains("Bearer ••••"))
        for text in [failure.message, failure.description, "\(failure)", String(reflecting: failure)] {
            #expect(!text.contains(Self.token))
        }
        let unreachable = try #require(await Self.failure(at: "http://127.0.0.1:1/\(Self.token)"))
        #expect(!String(reflecting: unreachable).contains(Self.token))
        let invalid = try #require(await Self.failure(at: "nonsense://\(Self.token)"))
        #expect(!String(reflecting: invalid).contains(Self.token))
    }

    @Test(
        arguments: [
            ["repository": "acme", "number": 4], ["repository": "acme/shop/x", "number": 4],
            ["repository": "acme/..", "number": 4], ["repository": "../shop", "number": 4],
            ["repository": "acme/shop?x=1", "number": 4], ["repository": "acme/sh op", "number": 4],
            ["repository": "acme/", "number": 4], ["repository": "-acme/shop", "number": 4],
            ["repository": "acme/shöp", "number": 4], ["repository": "acme/shop%2F", "number": 4],
            ["repository": 7, "number": 4], ["number": 4], ["repository": "acme/shop"],
            ["repository": "acme/shop", "number": 0], ["repository": "acme/shop", "number": -1],
            ["repository": "acme/shop", "number": "4"], ["repository": "acme/shop", "number": .null],
            "x", .null, [],
        ] as [JSONValue])
    func `arguments that are no issue are refused before anything is sent`(arguments: JSONValue) async throws {
        let server = try RawServer { _ in RawServer.respond(body: "{}") }
        guard case .invalidArguments? = await Self.failure("github.get_issue", arguments, at: server.url("")) else {
            Issue.record("expected invalid arguments")
            return
        }
        #expect(server.requests.isEmpty)
    }

    @Test(
        arguments: [
            ("github.set_commit_status", ["repository": "a/b", "sha": "main", "state": "success"]),
            ("github.set_commit_status", ["repository": "a/b", "sha": "../../../user", "state": "success"]),
            (
                "github.set_commit_status",
                ["repository": "a/b", "sha": "3484a3fb816e0859fd6e1cea078d76385ff50625", "state": "green"]
            ),
            ("github.remove_label", ["repository": "a/b", "number": 1, "label": ".."]),
            ("github.remove_label", ["repository": "a/b", "number": 1, "label": ""]),
            ("github.add_labels", ["repository": "a/b", "number": 1, "labels": ["x", 2]]),
            ("github.add_labels", ["repository": "a/b", "number": 1, "labels": "x"]),
            ("github.create_issue_comment", ["repository": "a/b", "number": 1]),
            ("github.create_issue_comment", ["repository": "a/b", "number": 1, "body": ""]),
            ("github.update_issue_comment", ["repository": "a/b", "comment_id": "1", "body": "x"]),
        ] as [(String, JSONValue)])
    func `arguments that a write cannot take are refused`(operation: String, arguments: JSONValue) async throws {
        let server = try RawServer { _ in RawServer.respond(body: "{}") }
        let failure = await Self.failure(operation, arguments, action: GitHubClientTests.action, at: server.url(""))
        guard case .invalidArguments(let reason)? = failure else {
            Issue.record("expected invalid arguments, found \(String(describing: failure))")
            return
        }
        #expect(reason.hasPrefix(operation))
        #expect(server.requests.isEmpty)
    }

    @Test func `a write without an action is refused`() async throws {
        let server = try RawServer { _ in RawServer.respond(body: "{}") }
        let arguments: JSONValue = ["repository": "a/b", "number": 1, "body": "x"]
        guard case .invalidArguments? = await Self.failure("github.create_issue_comment", arguments, at: server.url(""))
        else {
            Issue.record("expected invalid arguments")
            return
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `an unknown operation names the nearest one`() async {
        let failure = await Self.failure("github.get_isue", at: "http://127.0.0.1:1")
        #expect(failure == .unknownOperation("github.get_isue", nearest: "github.get_issue"))
    }
}
