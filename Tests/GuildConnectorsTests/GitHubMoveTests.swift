import GuildConnectors
import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

/// Repositories that have moved, and those that are no longer what they were.
struct GitHubMoveTests {
    private static let comment: JSONValue = ["repository": "acme/shop", "number": 4, "body": "Hi"]

    private static func client(_ server: RawServer) -> GitHubClient {
        GitHubClient(
            settings: GitHubSettings(
                baseURL: server.url(""), token: .known(Secret(GitHubClientTests.token)), identity: "guild-bot"),
            http: HTTPClient(), redactor: Redactor(), clock: FixedTime())
    }

    private static func perform(
        _ server: RawServer, _ operation: String = "github.create_issue_comment", _ arguments: JSONValue = comment
    ) async throws -> JSONValue {
        try await client(server).perform(
            operation, arguments: arguments, action: GitHubClientTests.action, lastTry: nil)
    }

    private static func failure(_ server: RawServer) async -> OperationFailure? {
        do {
            _ = try await perform(server)
            return nil
        } catch {
            return error as? OperationFailure
        }
    }

    private static func moved(_ status: Int, to location: String) -> [RawServer.Step] {
        RawServer.respond(status: status, headers: ["Location": location], body: #"{"message":"Moved"}"#)
    }

    private static func answer(_ request: RawServer.Request, _ status: Int) -> [RawServer.Step] {
        switch (request.method, request.path) {
        case (_, "/repos/acme/shop/issues/4/comments"): moved(status, to: "/repositories/77/issues/4/comments")
        case ("POST", "/repositories/77/issues/4/comments"):
            RawServer.respond(status: 201, body: #"{"id":9,"html_url":"https://github.test/9"}"#)
        case ("GET", "/repos/acme/shop"): moved(status, to: "/repositories/77")
        case ("GET", "/repositories/77"): RawServer.respond(body: #"{"id":77,"full_name":"acme/store"}"#)
        default: RawServer.respond(status: 404, body: #"{"message":"Not Found"}"#)
        }
    }

    @Test(arguments: [301, 302, 307, 308])
    func `a write follows its repository with its method and body, and tells the new name`(status: Int) async throws {
        let server = try RawServer { Self.answer($0, status) }
        let result = try await Self.perform(server)
        #expect(result["id"] == 9)
        #expect(result["repository_moved_to"] == "acme/store")
        #expect(result["repository_note"]?.string?.contains("acme/store") == true)
        let sent = server.requests.filter { $0.method == "POST" }
        #expect(sent.map(\.path) == ["/repos/acme/shop/issues/4/comments", "/repositories/77/issues/4/comments"])
        #expect(sent.first?.body == sent.last?.body && sent.first?.body.isEmpty == false)
        #expect(sent.last?.headers["Authorization"] == "Bearer \(GitHubClientTests.token)")
    }

    @Test func `a read follows too, and a new name in the address needs no question`() async throws {
        let server = try RawServer { request in
            switch request.path {
            case "/repos/acme/shop/issues/4": Self.moved(301, to: "/repos/acme/Store/issues/4")
            case "/repos/acme/shop": RawServer.respond(body: #"{"id":77,"full_name":"acme/Store"}"#)
            default: RawServer.respond(body: #"{"number":4,"title":"It broke"}"#)
            }
        }
        let result = try await Self.perform(server, "github.get_issue", ["repository": "acme/shop", "number": 4])
        #expect(result["title"] == "It broke")
        #expect(result["repository_moved_to"] == "acme/Store")
        #expect(server.requests.count == 3)
    }

    @Test(arguments: ["/repositories/78/issues/9", "/repos/acme/private/issues/9"])
    func `an issue that was transferred to another repository is not followed`(location: String) async throws {
        let server = try RawServer { request in
            switch request.path {
            case "/repos/acme/shop": RawServer.respond(body: #"{"id":77,"full_name":"acme/shop"}"#)
            case "/repos/acme/shop/issues/4/comments": Self.moved(301, to: location + "/comments")
            default: RawServer.respond(status: 201, body: #"{"id":9}"#)
            }
        }
        #expect(await Self.failure(server)?.message.contains("another repository") == true)
        #expect(server.requests.filter { $0.method == "POST" }.count == 1)
    }

    @Test func `nothing is sent to another server`() async throws {
        let other = try RawServer { _ in RawServer.respond(status: 201, body: "{}") }
        for location in [
            other.url("/repositories/77/issues/4/comments"), "https://127.0.0.1/x", "//evil.test/x", "ftp://x/y", "",
        ] {
            let server = try RawServer { _ in Self.moved(307, to: location) }
            guard case .final(let status, let reason) = await Self.failure(server) else {
                Issue.record("\(location): not final")
                continue
            }
            #expect(status == 307)
            #expect(reason.contains("307"))
            #expect(location.isEmpty || server.requests.count == 1)
        }
        #expect(other.requests.isEmpty)
    }

    @Test func `a ring of redirects ends after three`() async throws {
        let server = try RawServer { request in Self.moved(302, to: request.path) }
        let failure = await Self.failure(server)
        #expect(failure?.message.contains("more than 3 redirects") == true)
        #expect(server.requests.count == 4)
    }

    private static func event(id: Int64, name: String = "acme/shop") -> Event {
        let data: JSONValue = ["repository": ["id": .integer(id), "full_name": .string(name)]]
        return Event(
            id: EventID(high: 1, low: 1), source: "/github/acme/shop", type: "issues.opened", subject: "acme/shop#4",
            time: Timestamp(seconds: 0), system: "github", payload: data.bytes())
    }

    private static func check(
        _ answer: [RawServer.Step], _ event: Event, _ operation: String = "github.create_issue_comment"
    ) async throws -> (failure: OperationFailure?, requests: Int) {
        let server = try RawServer { _ in answer }
        do throws(OperationFailure) {
            try await client(server).confirm(operation, arguments: comment, against: event)
            return (nil, server.requests.count)
        } catch {
            return (error, server.requests.count)
        }
    }

    @Test func `a repository made again under the event's name is not written to`() async throws {
        let answer = RawServer.respond(body: #"{"id":78,"full_name":"acme/shop"}"#)
        let (failure, _) = try await Self.check(answer, Self.event(id: 77))
        guard case .final(nil, let reason) = failure else {
            Issue.record("not refused: \(String(describing: failure))")
            return
        }
        #expect(reason.contains("another repository now (id 78)"))
        #expect(try await Self.check(answer, Self.event(id: 77, name: "ACME/Shop")).failure != nil)
    }

    @Test func `the same repository, another one, a read, and one that cannot be seen pass the check`() async throws {
        let same = RawServer.respond(body: #"{"id":77,"full_name":"acme/store"}"#)
        let other = RawServer.respond(body: #"{"id":78}"#)
        #expect(try await Self.check(same, Self.event(id: 77)).failure == nil)
        #expect(try await Self.check(other, Self.event(id: 77, name: "acme/else")).requests == 0)
        #expect(try await Self.check(other, Self.event(id: 77), "github.get_issue").requests == 0)
        let hidden = RawServer.respond(status: 404, body: "{}")
        #expect(try await Self.check(hidden, Self.event(id: 77)).failure == nil)
        guard case .retryable = try await Self.check(RawServer.respond(status: 502), Self.event(id: 77)).failure else {
            Issue.record("a server's error is no answer")
            return
        }
    }

    @Test(arguments: [
        (#"{"message":"Validation Failed","errors":["Could not resolve to a node"]}"#, "Could not resolve to a node"),
        (#"{"message":"Validation Failed","errors":"assignees is invalid"}"#, "assignees is invalid"),
        (
            #"{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"missing_field"}]}"#,
            "Issue.title missing_field"
        ),
        (
            #"{"message":"Validation Failed","errors":[{"resource":"Issue","code":"custom","message":"body is too long"}]}"#,
            "Issue body is too long"
        ),
        (
            #"{"message":"Validation Failed","errors":[{"field":"assignees","value":"nobody","code":"invalid"}]}"#,
            "assignees invalid (nobody)"
        ),
        (#"{"message":"Validation Failed","errors":{"labels":["is too long"]}}"#, "labels: is too long"),
        (#"{"errors":["only reasons"]}"#, "only reasons"),
    ])
    func `what is wrong with an argument is told`(body: String, reason: String) async throws {
        let server = try RawServer { _ in RawServer.respond(status: 422, body: body) }
        guard case .final(422, let text) = await Self.failure(server) else {
            Issue.record("not final")
            return
        }
        #expect(text.contains(reason), "\(text)")
    }

    @Test(arguments: [
        (422, #"{"message":"Validation Failed","errors":["was submitted too quickly"]}"#),
        (403, #"{"message":"You have exceeded a secondary rate limit. Please wait."}"#),
        (403, #"{"message":"You have triggered an abuse detection mechanism."}"#),
        (429, #"{"message":"You have exceeded a secondary rate limit."}"#),
    ])
    func `what came too fast is tried again later`(status: Int, body: String) async throws {
        let server = try RawServer { _ in RawServer.respond(status: status, body: body) }
        guard case .retryable = await Self.failure(server) else {
            Issue.record("not retryable")
            return
        }
    }

    @Test func `a message is masked before it is cut`() async throws {
        for padding in 560..<610 {
            let said = String(repeating: "x", count: padding) + GitHubClientTests.token + " and more of it"
            let server = try RawServer { _ in
                RawServer.respond(status: 422, body: JSONValue.object(["message": .string(said)]).text())
            }
            let message = try #require(await Self.failure(server)).message
            #expect(!message.contains("ghp"))
        }
    }

    @Test func `a token in a result is masked before the result is cut`() async throws {
        let body = String(repeating: "x", count: (16 << 10) - 8) + GitHubClientTests.token
        let server = try RawServer { _ in
            RawServer.respond(body: JSONValue.object(["number": 4, "body": .string(body)]).text())
        }
        let result = try await Self.perform(server, "github.get_issue", ["repository": "acme/shop", "number": 4])
        #expect(result["body"]?.string?.contains("ghp") == false)
    }
}
