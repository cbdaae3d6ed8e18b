import GuildCodex
import GuildConnectors
import GuildDomain
import GuildHTTP
import GuildIngress
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct WebhookGatewayTests {
    private static let issue: JSONValue = [
        "action": "opened", "repository": ["full_name": "acme/shop"], "sender": ["login": "ada", "type": "User"],
        "issue": ["number": 42, "title": "It broke", "body": "on line 7"],
    ]

    private func gateway(_ office: Office) -> WebhookGateway {
        WebhookGateway(
            codex: office.codex, connectors: office.connectors, secrets: office.secrets,
            events: LedgerEvents(events: office.ledger.events, actions: office.ledger.actions), time: office.time,
            logger: silent)
    }

    /// Delivers a body as GitHub would, signed unless told otherwise.
    private func deliver(
        _ office: Office, _ body: [UInt8], event: String = "issues", id: String = "delivery-1",
        secret: String = "open sesame", signature: String? = nil, endpoint: String? = nil
    ) async throws -> Reply {
        let path = "/webhooks/github" + (endpoint == nil ? "" : "/:endpoint")
        let route = try #require(gateway(office).routes.first { $0.path == path })
        let headers: Headers = [
            "X-GitHub-Event": event, "X-GitHub-Delivery": id, "Content-Type": "application/json",
            GitHubSignature.header: signature ?? GitHubSignature.sign(body, secret: Secret(secret)),
        ]
        return try await route.handle(
            Request(
                method: "POST", path: path, parameters: endpoint.map { ["endpoint": $0] } ?? [:], headers: headers,
                body: body))
    }

    private func events(_ office: Office) async throws -> [Event] {
        try await office.ledger.dispatch.inbound(limit: 100, now: office.time.now).map(\.event)
    }

    @Test func `a delivery is answered 202 when its event is in the ledger`() async throws {
        let office = try Office()
        let reply = try await deliver(office, Self.issue.bytes())
        #expect(reply.status == 202)
        let event = try #require(try await events(office).first)
        #expect(try reply.document["id"] == .string(event.id.description))
        #expect(event.type == "issues.opened")
        #expect(event.guildEvent == "ISSUE_OPENED")
        #expect(event.subject == "acme/shop#42")
        #expect(event.chapter == "office")
        #expect(!event.isOwn)
        #expect(event.payload == Self.issue.bytes())
    }

    @Test func `a client that leaves while it is checked says nothing about the secrets`() async throws {
        let office = try Office()
        let left = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await deliver(office, Self.issue.bytes())
        }
        await #expect(throws: CancellationError.self) { try await left.value }
        #expect(try await events(office).isEmpty)
    }

    @Test func `the same delivery, and the same body under a new id, make no second event`() async throws {
        let office = try Office()
        let first = try await deliver(office, Self.issue.bytes()).document["id"]
        for id in ["delivery-1", "delivery-2"] {
            let again = try await deliver(office, Self.issue.bytes(), id: id)
            #expect(again.status == 200)
            #expect(try again.document["id"] == first)
            #expect(try again.document["status"] == "duplicate")
        }
        #expect(try await events(office).count == 1)
        office.time.advance(by: .seconds(25 * 3600))
        #expect(try await deliver(office, Self.issue.bytes(), id: "delivery-3").status == 202)
    }

    private static let redeploy: JSONValue = [
        "action": "redeploy", "branch": "main", "client_payload": ["env": "prod"],
        "repository": ["full_name": "acme/shop"], "sender": ["login": "ada", "id": 3, "type": "User"],
    ]

    @Test func `equal bodies of a type without time or id are two events, of which each delivery is one`() async throws
    {
        let office = try Office()
        let body = Self.redeploy.bytes()
        for (id, status) in [("d-1", 202), ("d-2", 202), ("d-1", 200), ("d-2", 200)] {
            #expect(try await deliver(office, body, event: "repository_dispatch", id: id).status == status, "\(id)")
        }
        #expect(try await events(office).count == 2)
    }

    @Test(arguments: [("by_body", "repository_dispatch", 200), ("by_id", "issues", 202)])
    func `an endpoint says itself what a repeat is`(replay: String, event: String, status: Int) async throws {
        let office = try Office(["ingress/github.yaml": OfficeCodex.endpoint("github", "replay: \(replay)")])
        let body = (event == "issues" ? Self.issue : Self.redeploy).bytes()
        #expect(try await deliver(office, body, event: event).status == 202)
        #expect(try await deliver(office, body, event: event, id: "delivery-2").status == status)
        #expect(try await deliver(office, body, event: event).status == 200)
    }

    @Test func `a body under the name of another type is answered 400 and makes no event`() async throws {
        let office = try Office()
        for event in ["pull_request", "repository_dispatch", "push", "public", "label"] {
            #expect(try await deliver(office, Self.issue.bytes(), event: event).status == 400, "\(event)")
        }
        #expect(try await deliver(office, Array("{}".utf8), event: "issues").status == 400)
        #expect(try await events(office).isEmpty)
    }

    @Test func `a captured body becomes one event, however many types are invented for it`() async throws {
        let office = try Office()
        for number in 0..<5 {
            let reply = try await deliver(
                office, Self.issue.bytes(), event: "invented_\(number)", id: "delivery-\(number)")
            #expect(reply.status == (number == 0 ? 202 : 200))
        }
        #expect(try await events(office).count == 1)
    }

    @Test(arguments: [("issues", "invented"), ("invented", "issues")])
    func `a captured body is no second event under a type that we don't know, nor when we know it`(
        first: String, second: String
    ) async throws {
        let office = try Office()
        let body = Self.issue.bytes()
        let taken = try await deliver(office, body, event: first)
        #expect(taken.status == 202)
        let again = try await deliver(office, body, event: second, id: "delivery-2")
        #expect(again.status == 200)
        #expect(try again.document["id"] == taken.document["id"])
        #expect(try await events(office).count == 1)
    }

    @Test(arguments: ["issues*", "*", "Issues", "issues.opened", "issues,push"])
    func `what is no name of a type is answered 400`(event: String) async throws {
        let office = try Office()
        #expect(try await deliver(office, Self.issue.bytes(), event: event).status == 400)
        #expect(try await events(office).isEmpty)
    }

    @Test func `either of two secrets will do while one takes the other's place`() async throws {
        let office = try Office()
        #expect(try await deliver(office, Self.issue.bytes(), secret: "open barley").status == 202)
    }

    @Test(arguments: ["sha256=00", "", "sha1=abc", "sha256=" + String(repeating: "0", count: 64)])
    func `a bad signature is answered 401 without a word, and leaves nothing behind`(signature: String) async throws {
        let office = try Office()
        let reply = try await deliver(office, Self.issue.bytes(), signature: signature)
        #expect(reply.status == 401)
        #expect(try reply.document["detail"] == nil)
        #expect(try await deliver(office, Self.issue.bytes(), secret: "wrong").status == 401)
        #expect(try await events(office).isEmpty)
        #expect(try await office.auditKinds().isEmpty)
    }

    @Test(
        arguments: [
            (nil, 401), ("", 401), ("sha256=00", 401), ("sha1=" + String(repeating: "0", count: 64), 401),
            ("sha256=" + String(repeating: "g", count: 64), 401), ("sha256=" + String(repeating: "0", count: 64), nil),
        ] as [(String?, Int?)])
    func `a signature that cannot be one is refused before the body is read`(signature: String?, status: Int?)
        async throws
    {
        let office = try Office()
        let route = try #require(gateway(office).routes.first { $0.path == "/webhooks/github" })
        let headers = Headers(signature.map { [(GitHubSignature.header, $0)] } ?? [])
        #expect(route.refuse?(Request(method: "POST", path: route.path, headers: headers))?.status == status)
    }

    @Test func `an endpoint that is not there, and a body announced as too large, are refused by the head`() throws {
        let office = try Office()
        let routes = gateway(office).routes
        let named = try #require(routes.first { $0.path == "/webhooks/github/:endpoint" })
        let unknown = Request(method: "POST", path: named.path, parameters: ["endpoint": "nobody"])
        #expect(named.refuse?(unknown)?.status == 404)
        let plain = try #require(routes.first { $0.path == "/webhooks/github" })
        let signature = "sha256=" + String(repeating: "0", count: 64)
        let headers: Headers = [GitHubSignature.header: signature, "Content-Length": "\(Int.max)"]
        #expect(plain.refuse?(Request(method: "POST", path: plain.path, headers: headers))?.status == 413)
        let other = try #require(routes.first { $0.path == "/webhooks/:system" })
        #expect(other.refuse?(Request(method: "POST", path: other.path))?.status == 404)
    }

    @Test(arguments: ["[]", "[\"env://NO_SUCH_SECRET\"]"])
    func `an endpoint whose secrets cannot be had is closed, not open`(secrets: String) async throws {
        let endpoint = OfficeCodex.endpoint().replacing(
            "[\"env://WEBHOOK_SECRET\", \"env://NEXT_SECRET\"]", with: secrets)
        let office = try Office(["ingress/github.yaml": endpoint])
        for secret in ["", "open sesame"] {
            let reply = try await deliver(office, Self.issue.bytes(), secret: secret)
            #expect(reply.status == 503)
            #expect(reply.headers["retry-after"] == "60")
        }
        #expect(try await events(office).isEmpty)
    }

    @Test func `one secret that cannot be had does not close the other`() async throws {
        let endpoint = OfficeCodex.endpoint().replacing("env://NEXT_SECRET", with: "env://NO_SUCH_SECRET")
        let office = try Office(["ingress/github.yaml": endpoint])
        #expect(try await deliver(office, Self.issue.bytes()).status == 202)
    }

    @Test func `a body past the endpoint's limit is refused before it is looked at`() async throws {
        let office = try Office(["ingress/github.yaml": OfficeCodex.endpoint("github", "max_body: 64")])
        #expect(try await deliver(office, Self.issue.bytes(), signature: "none").status == 413)
    }

    @Test(arguments: ["{", "[]", "null", "\"text\"", ""])
    func `a signed body that makes no event is answered 400`(body: String) async throws {
        let office = try Office()
        #expect(try await deliver(office, Array(body.utf8)).status == 400)
        #expect(try await events(office).isEmpty)
    }

    @Test func `a ping is answered and makes no event`() async throws {
        let office = try Office()
        let reply = try await deliver(office, Array("{\"zen\": \"Hush.\"}".utf8), event: "ping")
        #expect(reply.status == 200)
        #expect(try await events(office).isEmpty)
    }

    @Test func `endpoints are found by name; without one, the only or the default one`() async throws {
        let office = try Office(["ingress/other.yaml": OfficeCodex.endpoint("other")])
        #expect(try await deliver(office, Self.issue.bytes()).status == 202)
        #expect(try await deliver(office, Self.issue.bytes(), endpoint: "OTHER").status == 202)
        #expect(try await deliver(office, Self.issue.bytes(), endpoint: "nobody").status == 404)
        let none = try Office(["ingress/github.yaml": nil])
        #expect(try await deliver(none, Self.issue.bytes()).status == 404)
        let gateway = gateway(office)
        let route = try #require(gateway.routes.first { $0.path == "/webhooks/:system" })
        let reply = try await route.handle(
            Request(method: "POST", path: "/webhooks/jira", parameters: ["system": "jira"]))
        #expect(reply.status == 404)
        #expect(try reply.document["detail"] == "the codex has endpoints of github, not of 'jira'")
    }

    @Test func `an endpoint that is not there is named, and a missing name is asked for`() async throws {
        let office = try Office(["ingress/other.yaml": OfficeCodex.endpoint("other")])
        let body = Self.issue.bytes()
        let named = try await deliver(office, body, endpoint: "three")
        #expect(try named.document["detail"] == "the codex has no endpoint 'three' of github")
        let several = try Office([
            "ingress/github.yaml": nil, "ingress/one.yaml": OfficeCodex.endpoint("one"),
            "ingress/two.yaml": OfficeCodex.endpoint("two"),
        ])
        let unnamed = try await deliver(several, body)
        #expect(try unnamed.document["detail"]?.string?.contains("name one: /webhooks/github/NAME") == true)
        let wrong = try await deliver(several, body, endpoint: "three")
        #expect(try wrong.document["detail"] == "the codex has no endpoint 'three' of github")
    }

    @Test func `a full queue asks the sender to come back, and takes nothing`() async throws {
        let office = try Office(["guild.yaml": OfficeCodex.guild(", queueDepth: 1")])
        #expect(try await deliver(office, Self.issue.bytes()).status == 202)
        let other = JSONValue.object(["action": "opened", "issue": [:], "repository": ["full_name": "acme/other"]])
        let reply = try await deliver(office, other.bytes(), id: "delivery-2")
        #expect(reply.status == 503)
        #expect(reply.headers["retry-after"] == "5")
        #expect(try await events(office).count == 1)
        // A repeat of what is in is no new load.
        #expect(try await deliver(office, Self.issue.bytes()).status == 200)
    }

    @Test func `what we wrote comes back as ours, with its cause; a forged mark is nobody's`() async throws {
        let vendor = try Vendor.serving(.calls([("github.create_issue_comment", Hub.comment)]))
        let office = try Office(vendor: vendor)
        let id = try await office.queue("cause")
        try await office.attempt(try await office.worker())
        let action = try #require(try await office.actions(id).first)
        let comment = { (login: String) -> [UInt8] in
            JSONValue.object([
                "action": "created", "repository": ["full_name": "acme/shop"],
                "sender": ["login": .string(login), "type": "User"], "issue": ["number": 42],
                "comment": ["body": .string(GitHubMarker.marked("Thank you.", action: action.id))],
            ]).bytes()
        }
        #expect(try await deliver(office, comment("guild-bot"), event: "issue_comment").status == 202)
        #expect(try await deliver(office, comment("mallory"), event: "issue_comment", id: "delivery-2").status == 202)
        let events = try await events(office)
        #expect(events.map(\.isOwn) == [true, false])
        #expect(events.map(\.cause) == [Event.sample("cause").id, nil])
        #expect(events.first?.root == Event.sample("cause").id)
        #expect(events.map(\.hop) == [1, 0])
    }
}
