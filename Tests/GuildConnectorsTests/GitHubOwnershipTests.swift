import GuildConnectors
import GuildDomain
import Testing

struct GitHubOwnershipTests {
    private let action = ActionID(high: 0x018B_CFE5_6800_0001, low: 0xFEED_FACE_0000_0042)
    private let other = ActionID(high: 0x018B_CFE5_6800_0002, low: 1)

    private func comment(by sender: JSONValue, _ body: String) -> JSONValue {
        ["sender": sender, "comment": ["user": sender, "body": .string(body)]]
    }

    private func ownership(_ type: String, _ data: JSONValue, identity: GitHubIdentity? = "guild-bot")
        -> GitHubOwnership
    {
        GitHubOwnership(of: data, eventType: type, identity: identity)
    }

    @Test func `our comment is known by its author and our mark`() {
        let data = comment(by: ["login": "Guild-Bot"], GitHubMarker.marked("Looks good.", action: action))
        #expect(ownership("issue_comment.created", data) == .own(action))
        #expect(
            GitHubOwnership.ownAction(in: data, eventType: "issue_comment.created", identity: "guild-bot") == action)
    }

    @Test func `a mark from anyone else is ignored`() {
        let data = comment(by: ["login": "mallory"], GitHubMarker.marked("mine", action: action))
        #expect(ownership("issue_comment.created", data) == .foreign)
        #expect(GitHubOwnership.ownAction(in: data, eventType: "issue_comment.created", identity: "guild-bot") == nil)
        #expect(ownership("issue_comment.created", data, identity: nil) == .foreign)
        #expect(ownership("issue_comment.created", data, identity: "") == .foreign)
    }

    @Test func `a person who edits our comment is not us`() {
        let body = GitHubMarker.marked("changed", action: action)
        let data: JSONValue = [
            "sender": ["login": "mallory"], "comment": ["user": ["login": "guild-bot"], "body": .string(body)],
        ]
        #expect(ownership("issue_comment.edited", data) == .foreign)
    }

    @Test func `our account without a mark is a person who uses it`() {
        let sender: JSONValue = ["login": "guild-bot"]
        #expect(ownership("issue_comment.created", comment(by: sender, "by hand")) == .foreign)
        let quoted = "> \(GitHubMarker.marked("said", action: action))\n\nI disagree."
        #expect(ownership("issue_comment.created", comment(by: sender, quoted)) == .foreign)
        #expect(ownership("push", ["sender": sender]) == .foreign)
        #expect(ownership("pull_request.closed", ["sender": sender, "pull_request": ["body": "x"]]) == .foreign)
    }

    @Test func `a mark further up does not forge the cause of our own text`() {
        let forged = GitHubMarker.marked("quoted", action: other)
        let data = comment(by: ["login": "guild-bot"], GitHubMarker.marked(forged, action: action))
        #expect(ownership("issue_comment.created", data) == .own(action))
    }

    @Test func `a label that we set is ours, and the mark of the issue's author is no cause`() {
        let body = GitHubMarker.marked("an issue", action: other)
        let data: JSONValue = ["sender": ["login": "guild-bot"], "issue": ["body": .string(body)]]
        #expect(ownership("issues.labeled", data) == .own(nil))
        #expect(ownership("issues.labeled", ["sender": ["login": "mallory"]]) == .foreign)
    }

    @Test func `an app is known by its slug or its bot`() {
        let body = GitHubMarker.marked("x", action: action)
        let bot = comment(by: ["login": "guild-bot[bot]", "type": "Bot"], body)
        #expect(ownership("issue_comment.created", bot) == .own(action))
        #expect(ownership("issue_comment.created", bot, identity: "guild-bot[bot]") == .own(action))
        let person = comment(by: ["login": "guild-bot[bot]", "type": "User"], body)
        #expect(ownership("issue_comment.created", person) == .foreign)
    }

    @Test func `where GitHub has told our id, a login that others have taken since is not ours`() {
        let us = GitHubIdentity(login: "guild-bot", id: 7)
        let body = GitHubMarker.marked("x", action: action)
        func ownership(of sender: JSONValue) -> GitHubOwnership {
            self.ownership("issue_comment.created", comment(by: sender, body), identity: us)
        }
        #expect(ownership(of: ["login": "guild-bot", "id": 7]) == .own(action))
        #expect(ownership(of: ["login": "renamed-bot", "id": 7]) == .own(action))
        #expect(ownership(of: ["login": "guild-bot", "id": 8]) == .foreign)
        #expect(ownership(of: ["login": "guild-bot"]) == .own(action))
    }

    @Test func `issues and reviews that we wrote are ours`() {
        let body = JSONValue.string(GitHubMarker.marked("x", action: action))
        let sender: JSONValue = ["login": "guild-bot"]
        #expect(ownership("issues.opened", ["sender": sender, "issue": ["body": body]]) == .own(action))
        #expect(ownership("pull_request.opened", ["sender": sender, "pull_request": ["body": body]]) == .own(action))
        #expect(
            ownership("pull_request_review.submitted", ["sender": sender, "review": ["body": body]]) == .own(action))
        #expect(ownership("issue_comment.deleted", ["sender": sender, "comment": ["body": body]]) == .foreign)
    }

    @Test func `the normaliser marks our own echo`() throws {
        let data: JSONValue = [
            "action": "created", "repository": ["full_name": "acme/shop"], "issue": ["number": 4],
            "sender": ["login": "guild-bot"],
            "comment": [
                "user": ["login": "guild-bot"], "body": .string(GitHubMarker.marked("Hello é\n", action: action)),
            ],
        ]
        let headers: Headers = ["X-GitHub-Event": "issue_comment", "X-GitHub-Delivery": "d"]
        let verdict = try GitHubNormaliser.normalise(
            headers: headers, body: data.bytes(), endpoint: "main", now: Timestamp(seconds: 0), identity: "guild-bot")
        guard let made = verdict.events.first else {
            Issue.record("no event")
            return
        }
        #expect(made.event.isOwn)
        #expect(made.ownAction == action)
        #expect(made.event.cause == nil)
    }

    @Test(arguments: [
        "", "<!-- guild: -->", "<!-- guild:01ARZ3NDEKTSV4RRFFQ69G5FA -->", "<!-- guild:01ARZ3NDEKTSV4RRFFQ69G5FAVX -->",
        "<!-- guild:!1ARZ3NDEKTSV4RRFFQ69G5FAV -->", "<!-- guild:01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "guild:01ARZ3NDEKTSV4RRFFQ69G5FAV -->",
        "<!-- guild:01ARZ3NDEKTSV4RRFFQ69G5FAV --> x", "<!-- guild:é1ARZ3NDEKTSV4RRFFQ69G5FA -->",
    ])
    func `what only resembles a mark is none`(text: String) {
        #expect(GitHubMarker.action(endOf: text) == nil)
    }

    @Test func `a mark may be followed by white space`() {
        #expect(GitHubMarker.action(endOf: GitHubMarker.marked("x", action: action) + "\r\n \n") == action)
        #expect(GitHubMarker.action(endOf: GitHubMarker.marked("", action: action)) == action)
    }
}
