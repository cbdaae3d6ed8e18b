import GuildConnectors
import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

struct GitHubClientTests {
    static let action = ActionID(high: 0x018B_CFE5_6800_0001, low: 0xFEED_FACE_0000_0042)
    static let token = "ghp_averysecrettoken/123"

    private static func client(_ server: RawServer, identity: String? = "guild-bot") -> GitHubClient {
        var settings = GitHubSettings(
            baseURL: server.url(""), token: .known(Secret(token)), identity: identity)
        settings.baseURL += "/"
        return GitHubClient(settings: settings, http: HTTPClient(), redactor: Redactor(), clock: FixedTime())
    }

    struct Expected: Sendable, CustomTestStringConvertible {
        let operation: String
        let arguments: JSONValue
        let method: String
        let target: String
        var sent: JSONValue?
        let answer: String
        let result: JSONValue

        var testDescription: String { operation }
    }

    private static let marked = JSONValue.string("Hi\n\n<!-- guild:\(action) -->")

    @Test(arguments: [
        Expected(
            operation: "github.create_issue_comment",
            arguments: ["repository": "acme/shop", "number": 4, "body": "Hi"],
            method: "POST", target: "/repos/acme/shop/issues/4/comments", sent: ["body": marked],
            answer: #"{"id":9,"html_url":"https://h/9","user":{"login":"x"},"body":"Hi"}"#,
            result: ["id": 9, "html_url": "https://h/9"]),
        Expected(
            operation: "github.update_issue_comment",
            arguments: ["repository": "acme/shop", "comment_id": 77, "body": "Hi"],
            method: "PATCH", target: "/repos/acme/shop/issues/comments/77", sent: ["body": marked],
            answer: #"{"id":77}"#, result: ["id": 77, "html_url": .null]),
        Expected(
            operation: "github.add_labels",
            arguments: ["repository": "acme/shop", "number": 4, "labels": ["bug", "p 1"]],
            method: "POST", target: "/repos/acme/shop/issues/4/labels", sent: ["labels": ["bug", "p 1"]],
            answer: #"[{"name":"bug","color":"f00"},{"name":"p 1"}]"#, result: ["labels": ["bug", "p 1"]]),
        Expected(
            operation: "github.remove_label",
            arguments: ["repository": "acme/shop", "number": 4, "label": "a/b ?é"],
            method: "DELETE", target: "/repos/acme/shop/issues/4/labels/a%2Fb%20%3F%C3%A9",
            answer: "[]", result: ["labels": []]),
        Expected(
            operation: "github.add_assignees",
            arguments: ["repository": "acme/shop", "number": 4, "assignees": ["ann"]],
            method: "POST", target: "/repos/acme/shop/issues/4/assignees", sent: ["assignees": ["ann"]],
            answer: #"{"number":4,"assignees":[{"login":"ann"},{"login":"bob"}]}"#,
            result: ["number": 4, "assignees": ["ann", "bob"]]),
        Expected(
            operation: "github.create_issue",
            arguments: [
                "repository": "acme/shop", "title": "T", "body": "Hi", "labels": ["bug"], "assignees": ["ann"],
            ],
            method: "POST", target: "/repos/acme/shop/issues",
            sent: ["title": "T", "body": marked, "labels": ["bug"], "assignees": ["ann"]],
            answer: #"{"id":1,"number":5,"html_url":"u","title":"T"}"#,
            result: ["id": 1, "number": 5, "html_url": "u"]),
        Expected(
            operation: "github.set_commit_status",
            arguments: [
                "repository": "acme/shop", "sha": "3484a3fb816e0859fd6e1cea078d76385ff50625", "state": "success",
                "context": "guild/review", "description": "fine", "target_url": "https://x/y",
            ],
            method: "POST", target: "/repos/acme/shop/statuses/3484a3fb816e0859fd6e1cea078d76385ff50625",
            sent: [
                "state": "success", "context": "guild/review", "description": "fine", "target_url": "https://x/y",
            ],
            answer: #"{"id":3,"state":"success","context":"guild/review","url":"u"}"#,
            result: ["id": 3, "state": "success", "context": "guild/review"]),
        Expected(
            operation: "github.request_review",
            arguments: ["repository": "acme/shop", "number": 4, "reviewers": ["ann"], "team_reviewers": ["core"]],
            method: "POST", target: "/repos/acme/shop/pulls/4/requested_reviewers",
            sent: ["reviewers": ["ann"], "team_reviewers": ["core"]],
            answer: #"{"number":4,"html_url":"u","requested_reviewers":[{"login":"ann"}],"requested_teams":[]}"#,
            result: ["number": 4, "html_url": "u", "requested_reviewers": ["ann"], "requested_teams": []]),
    ])
    func `a write is the request that GitHub documents`(expected: Expected) async throws {
        let server = try RawServer { _ in
            RawServer.respond(status: 201, headers: ["Content-Type": "application/json"], body: expected.answer)
        }
        let result = try await Self.client(server).perform(
            expected.operation, arguments: expected.arguments, action: Self.action, lastTry: nil)
        #expect(result == expected.result)
        let request = try #require(server.requests.first)
        #expect(server.requests.count == 1)
        #expect(request.method == expected.method)
        #expect(request.target == expected.target)
        #expect(request.headers["Authorization"] == "Bearer \(Self.token)")
        #expect(request.headers["X-GitHub-Api-Version"] == "2022-11-28")
        #expect(request.headers["Accept"] == "application/vnd.github+json")
        #expect(request.headers["User-Agent"] == "guild")
        #expect(request.headers["Idempotency-Key"] == Self.action.description)
        if let sent = expected.sent {
            #expect(try JSONParser.parse(request.body) == sent)
        } else {
            #expect(request.body.isEmpty)
        }
    }

    @Test(arguments: [
        Expected(
            operation: "github.get_issue", arguments: ["repository": "acme/shop", "number": 4],
            method: "GET", target: "/repos/acme/shop/issues/4",
            answer: #"""
                {"number":4,"title":"T","state":"open","body":"B","user":{"login":"ann","id":1},"comments":2,
                "labels":[{"name":"bug"}],"assignees":[],"created_at":"c","updated_at":"u","html_url":"h"}
                """#,
            result: [
                "number": 4, "title": "T", "state": "open", "state_reason": .null, "user": "ann", "body": "B",
                "labels": ["bug"], "assignees": [], "comments": 2, "created_at": "c", "updated_at": "u",
                "html_url": "h", "is_pull_request": false,
            ]),
        Expected(
            operation: "github.list_issue_comments", arguments: ["repository": "acme/shop", "number": 4, "page": 3],
            method: "GET", target: "/repos/acme/shop/issues/4/comments?per_page=30&page=3",
            answer: #"[{"id":1,"user":{"login":"ann"},"body":"B","created_at":"c","html_url":"h","reactions":{}}]"#,
            result: [
                "comments": [["id": 1, "user": "ann", "body": "B", "created_at": "c", "html_url": "h"]]
            ]),
        Expected(
            operation: "github.get_pull_request_diff", arguments: ["repository": "acme/shop", "number": 4],
            method: "GET", target: "/repos/acme/shop/pulls/4",
            answer: "--- a\n+++ b\n", result: ["diff": "--- a\n+++ b\n"]),
    ])
    func `a read gives a small result`(expected: Expected) async throws {
        let server = try RawServer { _ in RawServer.respond(body: expected.answer) }
        let result = try await Self.client(server).perform(
            expected.operation, arguments: expected.arguments, action: nil, lastTry: nil)
        #expect(result == expected.result)
        let request = try #require(server.requests.first)
        #expect(request.method == "GET")
        #expect(request.target == expected.target)
        #expect(request.headers["Idempotency-Key"] == nil)
        let isDiff = expected.operation.hasSuffix("diff")
        #expect(request.headers["Accept"] == (isDiff ? "application/vnd.github.diff" : "application/vnd.github+json"))
    }

    @Test func `a pull request shows its branches and size`() async throws {
        let server = try RawServer { _ in
            RawServer.respond(
                body: #"""
                    {"number":4,"title":"T","state":"open","draft":false,"merged":false,"mergeable":true,"body":null,
                    "mergeable_state":"clean","head":{"ref":"f","sha":"1","repo":{}},"base":{"ref":"main","sha":"2"},
                    "user":{"login":"ann"},"labels":[],"requested_reviewers":[{"login":"bob"}],"additions":3}
                    """#)
        }
        let result = try await Self.client(server).perform(
            "github.get_pull_request", arguments: ["repository": "acme/shop", "number": 4], action: nil, lastTry: nil)
        #expect(server.requests.first?.target == "/repos/acme/shop/pulls/4")
        #expect(result["head"] == ["ref": "f", "sha": "1"])
        #expect(result["base"] == ["ref": "main", "sha": "2"])
        #expect(result["requested_reviewers"] == ["bob"])
        #expect(result["additions"] == 3)
        #expect(result["body"] == .null)
    }

    @Test func `long texts and diffs are cut with a note`() async throws {
        let line = "+0123456789abcde\n"
        let diff = String(repeating: line, count: 8000)
        let body = String(repeating: "é", count: 40_000)
        let server = try RawServer { request in
            let isDiff = request.headers["Accept"] == "application/vnd.github.diff"
            return RawServer.respond(body: isDiff ? diff : JSONValue.object(["body": .string(body)]).text())
        }
        let client = Self.client(server)
        let arguments: JSONValue = ["repository": "acme/shop", "number": 4]
        let cut = try await client.perform(
            "github.get_pull_request_diff", arguments: arguments, action: nil, lastTry: nil)
        let shown = try #require(cut["diff"]?.string)
        #expect(shown.utf8.count <= 64 << 10 && shown.hasSuffix(line))
        #expect(cut["truncated"] == true)
        #expect(cut["note"] == .string("the first \(shown.utf8.count) of 136000 bytes"))
        let issue = try await client.perform("github.get_issue", arguments: arguments, action: nil, lastTry: nil)
        let text = try #require(issue["body"]?.string)
        #expect(text.utf8.count < 17 << 10 && text.hasPrefix("éé") && !text.contains("\u{FFFD}"))
        #expect(text.hasSuffix("[cut: the first 16384 of 80000 bytes]"))
    }

    @Test func `our identity is asked once`() async throws {
        let server = try RawServer { _ in RawServer.respond(body: #"{"login":"robot","id":1}"#) }
        let client = Self.client(server, identity: nil)
        #expect(try await client.identity() == GitHubIdentity(login: "robot", id: 1))
        #expect(try await client.identity() == GitHubIdentity(login: "robot", id: 1))
        #expect(server.requests.map(\.target) == ["/user"])
    }

    @Test func `the identity of the manifest is not asked`() async throws {
        let server = try RawServer { _ in [.close] }
        #expect(try await Self.client(server).identity() == "guild-bot")
        #expect(server.requests.isEmpty)
    }

    @Test func `a label that is not there is removed already`() async throws {
        let server = try RawServer { _ in
            RawServer.respond(status: 404, body: #"{"message":"Label does not exist","status":"404"}"#)
        }
        let result = try await Self.client(server).perform(
            "github.remove_label", arguments: ["repository": "acme/shop", "number": 4, "label": "x"],
            action: Self.action, lastTry: Timestamp(seconds: 1_600_000_000))
        #expect(result["labels"] == [])
    }
}

/// A clock that stands still.
struct FixedTime: TimeSource {
    var now = Timestamp(seconds: 1_700_000_000)

    func sleep(until deadline: Timestamp) async throws {}
}
