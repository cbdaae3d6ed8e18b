import GuildConnectors
import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

struct GitHubRetryTests {
    private static let action = GitHubClientTests.action
    private static let comment: JSONValue = ["repository": "acme/shop", "number": 4, "body": "Hi"]
    private static let issue: JSONValue = ["repository": "acme/shop", "title": "T"]

    /// A page of texts with ids from `first`, by one author.
    private static func page(_ texts: [String], first: Int = 1, author: String = "guild-bot") -> String {
        JSONValue.array(
            texts.enumerated().map { index, text in
                [
                    "id": .integer(first + index), "number": .integer(first + index), "html_url": "u",
                    "user": ["login": .string(author)], "body": .string(text),
                ]
            }
        ).text()
    }

    /// - Parameter age: how long ago the first try was sent.
    private static func retry(
        _ operation: String, _ arguments: JSONValue, on server: RawServer, identity: String? = "guild-bot",
        age: Duration = .seconds(3600)
    ) async throws -> JSONValue {
        let settings = GitHubSettings(
            baseURL: server.url(""), token: .known(Secret(GitHubClientTests.token)), identity: identity)
        let client = GitHubClient(settings: settings, http: HTTPClient(), redactor: Redactor(), clock: FixedTime())
        return try await client.perform(operation, arguments: arguments, action: action, lastTry: FixedTime().now - age)
    }

    @Test func `a retry finds the comment of the first try`() async throws {
        let mine = GitHubMarker.marked("Hi", action: Self.action)
        let server = try RawServer { _ in RawServer.respond(body: Self.page(["other", mine, "later"])) }
        let result = try await Self.retry("github.create_issue_comment", Self.comment, on: server)
        #expect(result == ["id": 2, "html_url": "u"])
        #expect(server.requests.map(\.method) == ["GET"])
        #expect(server.requests.first?.target == "/repos/acme/shop/issues/4/comments?per_page=100&page=1")
    }

    @Test func `a retry looks at the newest pages`() async throws {
        let mine = GitHubMarker.marked("Hi", action: Self.action)
        let server = try RawServer { request in
            let page = request.target.split(separator: "=").last
            let link = "<http://h/c?per_page=100&page=2>; rel=\"next\", <http://h/c?per_page=100&page=9>; rel=\"last\""
            let texts = page == "8" ? ["x", mine] : ["y"]
            return RawServer.respond(headers: ["Link": link], body: Self.page(texts, first: 700))
        }
        let result = try await Self.retry("github.create_issue_comment", Self.comment, on: server)
        #expect(result["id"] == 701)
        #expect(server.requests.map { $0.target.split(separator: "=").last } == ["1", "9", "8"])
    }

    @Test func `a retry searches a bounded number of pages, then writes`() async throws {
        let server = try RawServer { request in
            if request.method == "POST" { return RawServer.respond(status: 201, body: #"{"id":5,"html_url":"n"}"#) }
            let link = "<http://h/c?page=9000000000>; rel=\"last\""
            return RawServer.respond(headers: ["Link": link], body: Self.page(["y"]))
        }
        let result = try await Self.retry("github.create_issue_comment", Self.comment, on: server)
        #expect(result["id"] == 5)
        #expect(server.requests.map(\.method) == ["GET", "GET", "GET", "GET", "GET", "GET", "POST"])
    }

    @Test func `pages are followed where GitHub names the next one only`() async throws {
        let mine = GitHubMarker.marked("Hi", action: Self.action)
        let server = try RawServer { request in
            let page = request.target.split(separator: "=").last.flatMap { Int($0) } ?? 0
            let link = "<http://h/c?per_page=100&page=\(page + 1)>; rel=\"next\""
            return RawServer.respond(headers: ["Link": link], body: Self.page(page == 7 ? ["x", mine] : ["y"]))
        }
        let result = try await Self.retry("github.create_issue_comment", Self.comment, on: server)
        #expect(result["id"] == 2)
        #expect(server.requests.map { $0.target.split(separator: "=").last } == ["1", "2", "3", "4", "5", "6", "7"])
    }

    @Test func `pages without an end are not followed for ever, and nothing is written`() async throws {
        let server = try RawServer { request in
            let page = request.target.split(separator: "=").last.flatMap { Int($0) } ?? 0
            let link = "<http://h/c?per_page=100&page=\(page + 1)>; rel=\"next\""
            return RawServer.respond(headers: ["Link": link], body: Self.page(["y"]))
        }
        await #expect(throws: OperationFailure.self) {
            try await Self.retry("github.create_issue_comment", Self.comment, on: server)
        }
        #expect(server.requests.count == 51)
        #expect(server.requests.allSatisfy { $0.method == "GET" })
    }

    @Test func `a write that is answered with something else than JSON may have been done`() async throws {
        let server = try RawServer { _ in RawServer.respond(status: 201, body: "<html>ok</html>") }
        let client = GitHubClient(
            settings: GitHubSettings(baseURL: server.url(""), identity: "guild-bot"), http: HTTPClient(),
            redactor: Redactor(), clock: FixedTime())
        await #expect {
            _ = try await client.perform(
                "github.create_issue_comment", arguments: Self.comment, action: Self.action, lastTry: nil)
        } throws: { error in
            guard case .retryable(let reason, nil) = error as? OperationFailure else { return false }
            return reason.contains("with status 201: it may have been done")
        }
    }

    @Test func `a mark from anyone else does not stop a retry`() async throws {
        let forged = GitHubMarker.marked("Hi", action: Self.action)
        let server = try RawServer { request in
            request.method == "POST"
                ? RawServer.respond(status: 201, body: #"{"id":5,"html_url":"n"}"#)
                : RawServer.respond(body: Self.page([forged], author: "mallory"))
        }
        let result = try await Self.retry("github.create_issue_comment", Self.comment, on: server)
        #expect(result["id"] == 5)
    }

    @Test func `without a known identity the mark alone must do`() async throws {
        let mine = GitHubMarker.marked("Hi", action: Self.action)
        let server = try RawServer { request in
            request.target == "/user"
                ? RawServer.respond(status: 403, body: #"{"message":"Resource not accessible by integration"}"#)
                : RawServer.respond(body: Self.page([mine]))
        }
        let result = try await Self.retry("github.create_issue_comment", Self.comment, on: server, identity: nil)
        #expect(result["id"] == 1)
        // REST and GraphQL are asked who we are, then the comments for the mark; nothing is written again.
        #expect(server.requests.map(\.method) == ["GET", "POST", "GET"])
    }

    @Test func `a retry finds the issue of the first try`() async throws {
        let mine = GitHubMarker.marked("", action: Self.action)
        let server = try RawServer { _ in RawServer.respond(body: Self.page(["a", mine])) }
        let result = try await Self.retry("github.create_issue", Self.issue, on: server)
        #expect(result == ["id": 2, "number": 2, "html_url": "u"])
        #expect(
            server.requests.map(\.target) == [
                "/repos/acme/shop/issues?state=all&sort=created&direction=desc&per_page=100&page=1"
            ])
    }

    @Test func `a retry that cannot look does not write`() async throws {
        let server = try RawServer { _ in RawServer.respond(status: 502, body: "bad gateway") }
        await #expect(throws: OperationFailure.self) {
            try await Self.retry("github.create_issue_comment", Self.comment, on: server)
        }
        #expect(server.requests.map(\.method) == ["GET"])
    }

    @Test(arguments: [("github.create_issue_comment", comment), ("github.create_issue", issue)])
    func `a mark that is absent proves nothing while the first try may still arrive`(
        operation: String, arguments: JSONValue
    ) async throws {
        let server = try RawServer { _ in RawServer.respond(body: "[]") }
        let landing = GitHubSettings().landingTime
        #expect(landing >= .seconds(10))
        for (age, wait) in [(Duration.seconds(1), landing - .seconds(1)), (.seconds(-500), landing)] {
            // One that comes from before the clock was set back waits no longer.
            let failure = await #expect(throws: OperationFailure.self) {
                try await Self.retry(operation, arguments, on: server, age: age)
            }
            #expect(
                failure
                    == .undecided(
                        until: FixedTime().now + wait,
                        reason: "\(operation): an earlier request may still arrive at GitHub"))
        }
        #expect(server.requests.map(\.method) == ["GET", "GET"])
    }

    @Test func `what repeats harmlessly is just repeated, at once`() async throws {
        let server = try RawServer { _ in RawServer.respond(body: "[]") }
        let arguments: JSONValue = ["repository": "acme/shop", "number": 4, "labels": ["bug"]]
        _ = try await Self.retry("github.add_labels", arguments, on: server, age: .zero)
        #expect(server.requests.map(\.method) == ["POST"])
    }
}
