import GuildConnectors
import GuildDomain
import Testing

struct GitHubNormaliserTests {
    private let now = Timestamp(seconds: 1_700_000_000)

    private func normalise(
        _ event: String, _ body: String, delivery: String = "d-1", headers extra: [(String, String)] = [],
        endpoint: String = "main"
    ) throws(WebhookRefusal) -> WebhookContent {
        let headers = Headers([("x-github-event", event), ("x-github-delivery", delivery)] + extra)
        return try GitHubNormaliser.normalise(
            headers: headers, body: Array(body.utf8), endpoint: endpoint, now: now)
    }

    private func event(_ event: String, _ body: String) throws -> Event {
        guard let made = try normalise(event, body).events.first else { throw WebhookRefusal.malformedPayload("ping") }
        return made.event
    }

    struct Expected: Sendable {
        let id: String
        let type: String
        let guildEvent: String?
        let subject: String
    }

    @Test(
        .enabled(if: Samples.isPresent, Samples.comment),
        arguments: [
            Expected(id: "wh-0098", type: "issues.opened", guildEvent: "ISSUE_OPENED", subject: "#1"),
            Expected(id: "wh-0179", type: "pull_request.opened", guildEvent: "PR_OPENED", subject: "#2"),
            Expected(id: "wh-0170", type: "pull_request.closed", guildEvent: "PR_CLOSED", subject: "#2"),
            Expected(id: "wh-0206", type: "push", guildEvent: "PUSH_RECEIVED", subject: "@refs/tags/simple-tag"),
            Expected(id: "wh-0076", type: "issue_comment.created", guildEvent: nil, subject: "#1"),
            Expected(
                id: "wh-0004", type: "check_run.completed", guildEvent: "CHECK_FAILED",
                subject: "@ec26c3e57ca3a959ca5aad62de7213c562f8c821"),
            Expected(id: "wh-0197", type: "pull_request_review.submitted", guildEvent: nil, subject: "#2"),
            Expected(
                id: "wh-0269", type: "workflow_run.completed", guildEvent: nil,
                subject: "@3484a3fb816e0859fd6e1cea078d76385ff50625"),
            Expected(id: "wh-0221", type: "release.published", guildEvent: nil, subject: ""),
            Expected(id: "wh-0247", type: "star.created", guildEvent: nil, subject: ""),
        ])
    func `a recorded delivery becomes the event that the specification says`(expected: Expected) throws {
        let sample = try #require(Samples.gitHubDeliveries.first { $0.id == expected.id })
        var headers = sample.headers
        headers["X-GitHub-Delivery"] = "fresh-\(expected.id)"
        guard
            let made = try GitHubNormaliser.normalise(
                headers: headers, body: sample.body, endpoint: "main", now: now, identity: "someone-else"
            ).events.first
        else {
            Issue.record("no event")
            return
        }
        let repository = expected.id == "wh-0269" ? "octo-org/octo-repo" : "Codertocat/Hello-World"
        #expect(made.event.type == expected.type)
        #expect(made.event.guildEvent == expected.guildEvent)
        #expect(made.event.subject == repository + expected.subject)
        #expect(made.event.source == "/github/\(repository)")
        #expect(made.event.system == "github")
        #expect(made.event.priority == .normal)
        #expect(made.event.time == now)
        #expect(made.event.payload == sample.body)
        #expect(!made.event.isOwn)
        #expect(made.event.id == EventID(derivedFrom: ["github", "main", "fresh-\(expected.id)"]))
        #expect(made.digest?.count == 32)
    }

    @Test(.enabled(if: Samples.isPresent, Samples.comment))
    func `a recorded ping makes no event`() throws {
        let sample = try #require(Samples.gitHubDeliveries.first { $0.id == "wh-0144" })
        let content = try GitHubNormaliser.normalise(
            headers: sample.headers, body: sample.body, endpoint: "main", now: now)
        guard case .handshake(let reply) = content else {
            Issue.record("no handshake")
            return
        }
        #expect(reply == .pong)
    }

    @Test(arguments: [
        ("pull_request", #"{"action":"synchronize","pull_request":{"number":7}"#, "PR_UPDATED", "a/b#7"),
        ("pull_request", #"{"action":"edited","pull_request":{"number":7}"#, "PR_UPDATED", "a/b#7"),
        ("pull_request", #"{"action":"closed","pull_request":{"number":7,"merged":true}"#, "PR_MERGED", "a/b#7"),
        ("pull_request", #"{"action":"closed","pull_request":{"number":7,"merged":null}"#, "PR_CLOSED", "a/b#7"),
        ("pull_request", #"{"action":"reopened","pull_request":{"number":7}"#, nil, "a/b#7"),
        ("issues", #"{"action":"closed","issue":{"number":7}"#, nil, "a/b#7"),
        ("push", #"{"ref":"refs/heads/main""#, "PUSH_RECEIVED", "a/b@refs/heads/main"),
        ("check_run", #"{"action":"completed","check_run":{"head_sha":"c","conclusion":"success"}"#, nil, "a/b@c"),
        (
            "check_suite", #"{"action":"completed","check_suite":{"head_sha":"c","conclusion":"timed_out"}"#,
            "CHECK_FAILED", "a/b@c"
        ),
        (
            "workflow_run", #"{"action":"completed","workflow_run":{"head_sha":"c","conclusion":"failure"}"#,
            "CHECK_FAILED", "a/b@c"
        ),
        ("check_run", #"{"action":"created","check_run":{"head_sha":"c","conclusion":null}"#, nil, "a/b@c"),
        ("deployment", #"{"action":"created","deployment":{"sha":"c"}"#, nil, "a/b"),
        ("fork", #"{"forkee":{"number":9}"#, nil, "a/b"),
    ])
    func `types, normalised types and subjects follow the specification`(
        name: String, opening: String, guildEvent: String?, subject: String
    ) throws {
        let made = try event(name, opening + #","repository":{"full_name":"a/b"}}"#)
        #expect(made.guildEvent == guildEvent)
        #expect(made.subject == subject)
        #expect(made.type.hasPrefix(name))
    }

    @Test func `an event without a repository is the organisation's`() throws {
        let made = try event(
            "membership",
            #"{"action":"added","organization":{"login":"acme"},"member":{},"team":{},"scope":"team"}"#)
        #expect(made.source == "/github/acme")
        #expect(made.subject == nil)
        let app = try event("installation", #"{"action":"created","installation":{"account":{"login":"acme"}}}"#)
        #expect(app.source == "/github/acme")
        #expect(try event("sponsorship", #"{"sponsorship":{}}"#).source == "/github")
    }

    @Test func `a form's payload is decoded, and is what the event carries`() throws {
        let json = #"{"action":"opened","issue":{"number":3,"title":"50% + é & ="},"repository":{"full_name":"a/b"}}"#
        var form = "other=1&payload="
        for byte in json.utf8 {
            if byte == 0x20 { form += "+" } else { form += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        }
        let type = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        guard let made = try normalise("issues", form, headers: [type]).events.first else {
            Issue.record("no event")
            return
        }
        #expect(made.event.payload == Array(json.utf8))
        #expect(made.event.guildEvent == "ISSUE_OPENED")
        #expect(throws: WebhookRefusal.malformedPayload("the form has no field 'payload'")) {
            try normalise("issues", "a=b&c", headers: [type])
        }
        #expect(try event("issues", json) == made.event)
    }

    @Test func `a redelivery has the same id, another delivery or endpoint has not`() throws {
        func made(_ delivery: String, _ endpoint: String) throws -> WebhookEvent? {
            try normalise("push", #"{"ref":"r"}"#, delivery: delivery, endpoint: endpoint).events.first
        }
        let first = try #require(try made("d-1", "main"))
        let again = try #require(try made("d-1", "main"))
        #expect(again.event == first.event && again.digest == first.digest)
        #expect(again.otherDigests == first.otherDigests)
        let other = try #require(try made("d-2", "main"))
        #expect(other.event.id != first.event.id)
        #expect(other.digest == first.digest, "the same body under a new id is known by its digest")
        let elsewhere = try #require(try made("d-1", "other"))
        #expect(elsewhere.event.id != first.event.id)
        #expect(elsewhere.digest != first.digest)
    }

    @Test func `missing and overlong headers are refused`() {
        let body = Array("{}".utf8)
        func refusal(_ headers: Headers) -> WebhookRefusal? {
            do throws(WebhookRefusal) {
                _ = try GitHubNormaliser.normalise(headers: headers, body: body, endpoint: "main", now: now)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal([:]) == .missingHeader("X-GitHub-Event"))
        #expect(refusal(["X-GitHub-Event": "push"]) == .missingHeader("X-GitHub-Delivery"))
        #expect(refusal(["X-GitHub-Event": "push", "X-GitHub-Delivery": ""]) == .missingHeader("X-GitHub-Delivery"))
        let long = String(repeating: "a", count: 129)
        #expect(refusal(["X-GitHub-Event": "push", "X-GitHub-Delivery": long])?.kind == .usage)
        #expect(refusal(["X-GitHub-Event": "push", "X-GitHub-Delivery": "a b"])?.kind == .usage)
        #expect(refusal(["X-GitHub-Event": long, "X-GitHub-Delivery": "a"])?.kind == .usage)
        #expect(refusal(["X-GitHub-Event": "a.b", "X-GitHub-Delivery": "a"])?.kind == .usage)
    }

    @Test(arguments: [
        "", " ", "null", "[]", "1", "\"x\"", "{", "{}}", #"{"action":"#, #"{"a":"\x"}"#, "{\"a\":\"\u{1}\"}",
        #"{"repository":{"full_name":"no-slash"}}"#, #"{"repository":{"full_name":"a/b/c"}}"#,
        #"{"repository":{"full_name":"/b"}}"#, #"{"repository":{"full_name":"a/b c"}}"#,
        #"{"action":"a\u0000b"}"#,
    ])
    func `a malformed payload is refused`(body: String) {
        #expect(throws: WebhookRefusal.self) { try normalise("push", body) }
    }

    @Test func `wrong kinds of values are as if they were absent`() throws {
        let made = try event(
            "issues",
            #"{"action":7,"issue":{"number":"1"},"repository":"a/b","organization":null,"sender":3,"user":5}"#)
        #expect(made.type == "issues")
        #expect(made.source == "/github")
        #expect(made.subject == nil)
    }

    @Test func `a payload cut anywhere is refused`() throws {
        let whole =
            Array(
                #"{"action":"opened","issue":{"number":1,"body":"é😀 \u00e9\ud83d\ude00\n","x":[1,-2.5e+3,true,false,null]},"#
                    .utf8) + Array(#""repository":{"full_name":"a/b","private":false},"sender":{"login":"x"}}"#.utf8)
        let headers: Headers = ["X-GitHub-Event": "issues", "X-GitHub-Delivery": "d"]
        _ = try GitHubNormaliser.normalise(headers: headers, body: whole, endpoint: "main", now: now)
        for length in whole.indices {
            #expect(throws: WebhookRefusal.self, "cut at \(length)") {
                try GitHubNormaliser.normalise(
                    headers: headers, body: Array(whole.prefix(length)), endpoint: "main", now: now)
            }
        }
    }

    @Test(.enabled(if: Samples.isPresent, Samples.comment))
    func `recorded payloads cut anywhere are refused`() {
        for sample in Samples.gitHubDeliveries where sample.headers["X-GitHub-Event"] != "ping" {
            let end = sample.body.lastIndex(of: UInt8(ascii: "}")) ?? 0
            for length in stride(from: 0, through: end, by: 211) {
                #expect(throws: WebhookRefusal.self, "\(sample.id) cut at \(length)") {
                    try GitHubNormaliser.normalise(
                        headers: sample.headers, body: Array(sample.body.prefix(length)), endpoint: "main", now: now)
                }
            }
        }
    }
}
