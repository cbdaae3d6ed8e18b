import GuildDomain
import Testing

@testable import GuildConnectors

/// `X-GitHub-Event` is not signed: what a body shows must be what the header says.
struct GitHubEventTypeTests {
    private func verdict(_ event: String, _ body: [UInt8], delivery: String = "d-1") throws(WebhookRefusal)
        -> WebhookEvent?
    {
        let headers: Headers = ["x-github-event": event, "x-github-delivery": delivery]
        return try GitHubNormaliser.normalise(
            headers: headers, body: body, endpoint: "main", now: Timestamp(seconds: 1_700_000_000)
        ).events.first
    }

    private func isTaken(_ event: String, _ body: [UInt8]) -> Bool {
        do throws(WebhookRefusal) {
            return try verdict(event, body) != nil
        } catch {
            return false
        }
    }

    /// A payload of the type, with its own members and no others.
    private func payload(_ type: GitHubEventType, without: String? = nil) -> [UInt8] {
        var object: JSONObject = ["sender": ["login": "ada", "id": 3]]
        if type.hasAction { object["action"] = .string(type.actions?.sorted().first ?? "created") }
        for member in type.members where member != without { object[member] = [:] }
        return JSONValue.object(object).bytes()
    }

    @Test func `the validator knows the actions of each type that has any, and the names that guild gives`() throws {
        let types = GitHubWebhooks().eventTypes
        #expect(types.filter { $0.hasAction && $0.actions.isEmpty }.map(\.name) == ["repository_dispatch"])
        #expect(types.filter { !$0.hasAction && !$0.actions.isEmpty }.map(\.name) == [])
        let issues = try #require(types.first { $0.name == "issues" })
        #expect(issues.types.contains("issues.opened") && issues.guildEvents == ["ISSUE_OPENED"])
        #expect(types.first { $0.name == "push" }?.types == ["push"])
        let all = Set(types.flatMap(\.types) + types.flatMap(\.guildEvents))
        #expect(GitHubSender.openEvents.filter { !all.contains($0) } == [])
        for type in GitHubEventType.all {
            #expect((type.actions ?? []).isSubset(of: type.profile.actions), "\(type.name)")
        }
    }

    @Test(arguments: GitHubEventType.all.map(\.name))
    func `a payload passes with its type's members and is refused without one of them`(name: String) throws {
        let type = try #require(GitHubEventType.named(name))
        #expect(isTaken(name, payload(type)))
        for member in type.members { #expect(!isTaken(name, payload(type, without: member)), "without \(member)") }
    }

    @Test(.enabled(if: Samples.isPresent, Samples.comment))
    func `a recorded body under another type's name is refused`() throws {
        for sample in Samples.gitHubDeliveries {
            let name = try #require(sample.headers["X-GitHub-Event"])
            guard name != "ping" else { continue }
            #expect(isTaken(name, sample.body), "\(sample.id)")
            for other in GitHubEventType.all where other.name != name {
                #expect(!isTaken(other.name, sample.body), "\(sample.id) as \(other.name)")
            }
        }
    }

    @Test(arguments: [
        ("issue_comment", #"{"action":"edited","issue":{"number":1},"comment":{"body":"x"}}"#, "issues"),
        ("pull_request_review", #"{"action":"edited","pull_request":{},"review":{}}"#, "pull_request"),
        ("create", #"{"ref":"x","ref_type":"branch","master_branch":"main","pusher_type":"user"}"#, "push"),
        ("create", #"{"ref":"x","ref_type":"branch","master_branch":"main","pusher_type":"user"}"#, "delete"),
        ("workflow_dispatch", #"{"ref":"x","workflow":"w","inputs":null}"#, "push"),
        ("deployment_status", #"{"action":"created","deployment":{},"deployment_status":{}}"#, "deployment"),
        ("push", #"{"ref":"x","repository":{"full_name":"a/b"}}"#, "public"),
        ("star", #"{"action":"deleted","starred_at":null,"repository":{"full_name":"a/b"}}"#, "watch"),
        ("repository", #"{"action":"deleted","repository":{},"organization":{}}"#, "organization"),
        ("issues", #"{"action":"labeled","issue":{},"label":{}}"#, "label"),
        ("issues", #"{"action":"opened","issue":{}}"#, "repository_dispatch"),
    ])
    func `a captured body is not taken for a type that it resembles`(name: String, body: String, other: String) {
        #expect(isTaken(name, Array(body.utf8)))
        #expect(!isTaken(other, Array(body.utf8)))
    }

    @Test(arguments: [
        ("repository_dispatch", #"{"action":"redeploy","branch":"main","client_payload":{}}"#, true),
        ("workflow_dispatch", #"{"ref":"x","workflow":"w","inputs":null}"#, true),
        ("check_run", #"{"action":"requested_action","check_run":{}}"#, true),
        ("check_run", #"{"action":"rerequested","check_run":{}}"#, true),
        ("check_run", #"{"action":"completed","check_run":{}}"#, false),
        ("check_suite", #"{"action":"rerequested","check_suite":{}}"#, true),
        ("check_suite", #"{"action":"requested","check_suite":{}}"#, false),
        ("watch", #"{"action":"started","repository":{}}"#, true),
        ("star", #"{"action":"deleted","starred_at":null}"#, true),
        ("star", #"{"action":"created","starred_at":"2026-11-29T10:00:00Z"}"#, false),
        ("label", #"{"action":"edited","label":{}}"#, true), ("label", #"{"action":"created","label":{}}"#, false),
        ("member", #"{"action":"added","member":{}}"#, true), ("public", #"{"repository":{}}"#, true),
        ("create", #"{"ref":"x","ref_type":"branch","master_branch":"main","pusher_type":"user"}"#, true),
        ("push", #"{"ref":"x"}"#, false), ("issues", #"{"action":"opened","issue":{}}"#, false),
        ("pull_request", #"{"action":"opened","pull_request":{}}"#, false), ("something_new", "{}", false),
    ])
    func `the table says whose equal bodies can be two events`(name: String, body: String, canRepeat: Bool) throws {
        #expect(try verdict(name, Array(body.utf8))?.canRepeat == canRepeat)
    }

    @Test func `the digest covers the type, and all types that are not known count as one`() throws {
        let body = Array(#"{"action":"created","alert":{}}"#.utf8)
        let (one, other) = (try verdict("dependabot_alert", body), try verdict("secret_scanning_alert", body))
        #expect(one?.digest != other?.digest)
        let invented = try (0..<3).map { try verdict("invented_\($0)", body)?.digest }
        #expect(Set(invented).count == 1)
    }

    // MARK: The sender

    private func sender(_ event: String, _ body: String) throws -> EventSender? {
        try verdict(event, Array(body.utf8))?.event.sender
    }

    @Test(arguments: [
        ("issues", #"{"action":"opened","issue":{"user":{"id":3},"author_association":"NONE"},"#, true),
        ("issues", #"{"action":"opened","issue":{"user":{"id":3},"author_association":"CONTRIBUTOR"},"#, true),
        ("issues", #"{"action":"opened","issue":{"user":{"id":3},"author_association":"MEMBER"},"#, false),
        ("issues", #"{"action":"opened","issue":{"user":{"id":3},"author_association":"OWNER"},"#, false),
        ("issues", #"{"action":"opened","issue":{"user":{"id":3},"author_association":"member"},"#, true),
        ("issues", #"{"action":"opened","issue":{"user":{"id":3}},"#, true),
        ("issues", #"{"action":"edited","issue":{"user":{"id":4},"author_association":"OWNER"},"#, true),
        ("issues", #"{"action":"labeled","issue":{"user":{"id":4},"author_association":"NONE"},"#, false),
        ("issues", #"{"action":"labeled","issue":{"user":{"id":3},"author_association":"NONE"},"#, true),
        (
            "issue_comment",
            #"{"action":"created","issue":{"user":{"id":4},"author_association":"OWNER"},"comment":{"user":{"id":3}},"#,
            true
        ),
        (
            "issue_comment",
            #"{"action":"created","issue":{},"comment":{"user":{"id":3},"author_association":"COLLABORATOR"},"#, false
        ),
        ("pull_request", #"{"action":"synchronize","pull_request":{"user":{"id":4}},"#, true),
        ("fork", #"{"forkee":{},"#, true), ("star", #"{"action":"created","starred_at":"x","#, true),
        ("push", #"{"ref":"x","#, false), ("invented", #"{"action":"x","#, true),
        ("check_run", #"{"action":"completed","check_run":{"pull_requests":[]},"#, true),
        ("check_suite", #"{"action":"completed","check_suite":{"head_branch":"x","pull_requests":[]},"#, true),
        (
            "check_suite",
            #"{"action":"completed","check_suite":{"pull_requests":[{"head":{"repo":{"id":1}}}]},"repository":{"id":1},"#,
            false
        ),
        (
            "check_run",
            #"{"action":"completed","check_run":{"pull_requests":[{"head":{"repo":{"id":2}}}]},"repository":{"id":1},"#,
            true
        ),
        (
            "workflow_run",
            #"{"action":"completed","workflow_run":{"head_repository":{"id":2}},"repository":{"id":1},"#, true
        ),
        (
            "workflow_run",
            #"{"action":"completed","workflow_run":{"head_repository":{"id":1}},"repository":{"id":1},"#, false
        ),
        ("workflow_job", #"{"action":"completed","workflow_job":{},"repository":{"id":1},"#, true),
        ("status", #"{"sha":"a","context":"c","state":"x","branches":[],"commit":{},"repository":{"id":1},"#, true),
        (
            "status",
            #"{"sha":"a","context":"c","state":"x","branches":[{"name":"m"}],"commit":{},"repository":{"id":1},"#, false
        ),
    ])
    func `a stranger is whoever the payload does not show to belong to the repository`(
        event: String, opening: String, isOutsider: Bool
    ) throws {
        let sender = try sender(event, opening + #""sender":{"login":"ada","id":3}}"#)
        #expect(sender == EventSender(id: "github/3", isOutsider: isOutsider))
    }

    @Test func `a bot's report on a fork's run counts for whoever the run is of`() throws {
        let body = #"""
            {"action":"completed","workflow_run":{"actor":{"login":"eve","id":9},"head_repository":{"id":2}},
            "repository":{"id":1},"sender":{"login":"ci[bot]","type":"Bot","id":3}}
            """#
        #expect(try sender("workflow_run", body) == EventSender(id: "github/9", isOutsider: true))
    }

    @Test func `a sender without an id is a stranger where strangers can write`() throws {
        #expect(
            try sender("issues", #"{"action":"opened","issue":{"author_association":"OWNER"}}"#)
                == EventSender(id: "github/unknown", isOutsider: true))
        #expect(try sender("push", #"{"ref":"x"}"#) == nil)
    }
}
