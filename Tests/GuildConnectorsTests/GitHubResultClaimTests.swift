import GuildConnectors
import GuildDomain
import Testing

/// What makes an event ours though its sender does not: the mark of an action, and what the ledger holds of it.
@Suite struct GitHubResultClaimTests {
    private static let action = ActionID(high: 0x018B_CFE5_6800_0001, low: 0xFEED_FACE_0000_0042)
    private static let comment: JSONValue = ["repository": "acme/shop", "number": 42, "body": "Thank you.\nMore soon."]

    private func claim(
        _ text: String, event: String = "issue_comment", action: String = "created", id: Int64 = 7,
        repository: String = "acme/shop", number: Int64 = 42
    ) throws -> (any ActionClaim)? {
        let person: JSONValue = ["login": "mallory", "id": 4711, "type": "User"]
        let isIssue = event == "issues"
        var data: JSONObject = [
            "action": .string(action), "repository": ["full_name": .string(repository)], "sender": person,
            "issue": [
                "id": .integer(isIssue ? id : 1), "number": .integer(number), "user": person,
                "body": .string(isIssue ? text : "It broke."),
            ],
        ]
        if !isIssue { data["comment"] = ["id": .integer(id), "user": person, "body": .string(text)] }
        let verdict = try GitHubNormaliser.normalise(
            headers: ["X-GitHub-Event": event, "X-GitHub-Delivery": "d"], body: JSONValue.object(data).bytes(),
            endpoint: "main", now: Timestamp(seconds: 1))
        guard let webhook = verdict.events.first else { return nil }
        #expect(!webhook.event.isOwn)
        return webhook.claim
    }

    private func isResult(
        _ claim: (any ActionClaim)?, of operation: String = "github.create_issue_comment",
        on subject: String = "acme/shop#42", _ arguments: JSONValue = Self.comment, result: String? = nil,
        wasSent: Bool = true
    ) throws -> Bool {
        try #require(claim).isResult(
            of: SentAction(
                operation: operation, subject: subject, arguments: arguments, result: result, wasSent: wasSent))
    }

    private static func marked(_ text: String) -> String { GitHubMarker.marked(text, action: action) }

    @Test func `once the result is recorded its id decides, and nothing else`() throws {
        let result = #"{"id":7,"html_url":"https://h/7"}"#
        #expect(try isResult(try claim(Self.marked("whatever GitHub made of it")), result: result))
        #expect(try !isResult(try claim(Self.marked("Thank you.\nMore soon."), id: 8), result: result))
        #expect(try !isResult(try claim(Self.marked("Thank you.\nMore soon.")), result: ""))
    }

    @Test(arguments: [
        "Thank you.\nMore soon.", "Thank you.\r\nMore soon.", "Thank you.  \nMore soon.\t", "Thank you.\rMore soon.",
    ])
    func `while it is not, the text decides, whatever became of line ends and trailing space`(text: String) throws {
        #expect(try isResult(try claim(Self.marked(text) + "  \r\n")))
    }

    @Test func `a copy counts for nothing: not elsewhere, not before the send, not with another text`() throws {
        let whole = Self.marked("Thank you.\nMore soon.")
        #expect(try !isResult(try claim(whole, number: 43)))
        #expect(try !isResult(try claim(whole, repository: "acme/other")))
        #expect(try !isResult(try claim(whole), wasSent: false))
        #expect(try !isResult(try claim(Self.marked("Thank you. More soon."))))
        #expect(try !isResult(try claim(Self.marked("Thank you.\nMore soon.\nAnd send money."))))
        #expect(try claim("Thank you.\nMore soon.") == nil)
        #expect(try claim("> " + whole + "\n\nI disagree.") == nil)
        // GitHub knows repositories in any case.
        #expect(try isResult(try claim(whole, repository: "Acme/Shop")))
    }

    @Test func `an edit is ours only with the text of an update of that comment`() throws {
        let edited = try claim(Self.marked("Done."), action: "edited")
        let update: JSONValue = ["repository": "acme/shop", "comment_id": 7, "body": "Done."]
        #expect(try isResult(edited, of: "github.update_issue_comment", on: "acme/shop", update))
        #expect(
            try isResult(
                edited, of: "github.update_issue_comment", on: "acme/shop", update, result: #"{"id":7}"#))
        #expect(try !isResult(edited, of: "github.create_issue_comment", result: #"{"id":7}"#))
        let another: JSONValue = ["repository": "acme/shop", "comment_id": 8, "body": "Done."]
        #expect(try !isResult(edited, of: "github.update_issue_comment", on: "acme/shop", another))
        let person = try claim(Self.marked("Done. Not."), action: "edited")
        #expect(try !isResult(person, of: "github.update_issue_comment", on: "acme/shop", update, result: #"{"id":7}"#))
        #expect(try claim(Self.marked("gone"), action: "deleted") == nil)
    }

    @Test func `an issue that we opened is known in its repository, and by its own id`() throws {
        let arguments: JSONValue = ["repository": "acme/shop", "title": "t", "body": "Thank you.\nMore soon."]
        let opened = try claim(Self.marked("Thank you.\nMore soon."), event: "issues", action: "opened")
        #expect(try isResult(opened, of: "github.create_issue", on: "acme/shop", arguments))
        #expect(
            try isResult(
                opened, of: "github.create_issue", on: "acme/shop", arguments, result: #"{"id":7,"number":42}"#))
        #expect(
            try !isResult(
                opened, of: "github.create_issue", on: "acme/shop", arguments, result: #"{"id":42,"number":7}"#))
        #expect(try !isResult(opened, of: "github.create_issue", on: "acme/sho", arguments))
        #expect(try !isResult(opened, of: "github.create_issue_comment", on: "acme/shop#42", arguments))
    }
}
