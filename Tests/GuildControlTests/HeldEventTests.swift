import GuildCodex
import GuildConnectors
import GuildControl
import GuildDomain
import GuildHTTP
import GuildIngress
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

/// A connector that has a token and no identity, on a GitHub that refuses to say whose it is.
@Suite(.timeLimit(.minutes(2))) struct HeldEventTests {
    private static let connector = OfficeCodex.manifest(
        "Connector", "github",
        "{ type: bidirectional, system: github, connection: { base_url: \"http://127.0.0.1:9\" } }")
    private static let trigger =
        "triggers:\n  - { type: webhook, source: github, events: [\"issue_comment.*\", \"issues.*\"] }"

    private func office(_ hub: RawServer? = nil, _ changes: [String: String?] = [:]) throws -> Office {
        var files: [String: String?] = ["agents/clerk.yaml": OfficeCodex.agent("clerk", Self.trigger)]
        files["connectors/github.yaml"] = Self.connector.replacing(
            "http://127.0.0.1:9", with: hub?.url() ?? "http://127.0.0.1:9")
        for (path, text) in changes { files[path] = text }
        return try Office(hub: hub, files)
    }

    private func gateway(_ office: Office) -> WebhookGateway {
        WebhookGateway(
            codex: office.codex, connectors: office.connectors, secrets: office.secrets,
            events: LedgerEvents(events: office.ledger.events, actions: office.ledger.actions), time: office.time,
            logger: silent)
    }

    @discardableResult
    private func deliver(
        _ office: Office, _ id: String, event: String = "issue_comment", action: String = "created",
        by login: String = "ada", _ more: JSONObject = [:]
    ) async throws -> String {
        let person: JSONValue = [
            "login": .string(login), "type": "User", "id": login == "guild-app[bot]" ? 9 : 4711,
        ]
        var body: JSONObject = [
            "action": .string(action), "repository": ["full_name": "acme/shop"], "sender": person,
            "issue": ["number": 42, "title": "It broke", "body": "on line 7", "user": person, "id": 5],
            "n": .string(id),
        ]
        if event == "issue_comment" { body["comment"] = ["id": 70, "body": .string(id), "user": person] }
        for member in more.members { body[member.key] = member.value }
        let bytes = JSONValue.object(body).bytes()
        let route = try #require(gateway(office).routes.first { $0.path == "/webhooks/github" })
        let reply = try await route.handle(
            Request(
                method: "POST", path: route.path, parameters: [:],
                headers: [
                    "X-GitHub-Event": event, "X-GitHub-Delivery": id,
                    GitHubSignature.header: GitHubSignature.sign(bytes, secret: Secret("open sesame")),
                ], body: bytes))
        #expect(reply.status == 202)
        return try reply.document["id"]?.string ?? ""
    }

    private func dispatch(_ office: Office) async throws {
        let dispatcher = office.dispatcher()
        while try await dispatcher.dispatchWaiting() > 0 {}
    }

    private func outcomes(_ office: Office, _ id: String) async throws -> [String] {
        let event = try #require(EventID(id))
        return try await office.ledger.reports.trace(of: event)?.decisions.map(\.outcome) ?? []
    }

    @Test func `what our own writes may cause is held, labels too, and the rest is decided at once`() async throws {
        let office = try office()
        let comment = try await deliver(office, "comment")
        let label = try await deliver(office, "label", event: "issues", action: "labeled", ["label": ["name": "bug"]])
        // The clerk may open no issue, so nobody of us has.
        let issue = try await deliver(office, "issue", event: "issues", action: "opened")
        try await dispatch(office)
        #expect(try await outcomes(office, comment).isEmpty)
        #expect(try await outcomes(office, label).isEmpty)
        #expect(try await outcomes(office, issue) == ["dispatched"])
        #expect(try await office.ledger.events.heldStandings().first?.count == 2)
    }

    @Test func `where no agent may write, nothing is held`() async throws {
        let office = try office(nil, ["agents/clerk.yaml": OfficeCodex.agent(autonomy: 0, Self.trigger)])
        let comment = try await deliver(office, "comment")
        try await dispatch(office)
        #expect(try await outcomes(office, comment) == ["dispatched"])
    }

    @Test(arguments: [("Guild-Bot", 9 as Int64?), ("guild-bot[bot]", 9), ("somebody-else", nil)])
    func `the account that the codex names gets its id from GitHub, if that tells of the same`(
        told: String, id: Int64?
    ) async throws {
        let hub = try Hub.serving { _ in Hub.json(200, ["login": .string(told), "id": 9]) }
        let connector = Self.connector.replacing("http://127.0.0.1:9", with: hub.url()).replacing(
            "connection: {",
            with: "connection: { identity: guild-bot, auth: { type: bearer, secret_ref: \"env://NEXT_SECRET\" },")
        let office = try office(hub, ["connectors/github.yaml": connector])
        #expect(office.connectors.identity(in: "github", office.head) == SystemIdentity(name: "guild-bot"))
        #expect(!office.connectors.isIdentityMissing(in: "github", office.head))
        #expect(office.connectors.isAccountUnasked(in: "github", office.head))
        try await office.connectors.learnIdentity(in: "github", office.head)
        let known = SystemIdentity(name: "guild-bot", id: id.map(String.init))
        #expect(office.connectors.identity(in: "github", office.head) == known)
        try await office.connectors.learnIdentity(in: "github", office.head)
        #expect(hub.requests.map(\.target) == ["/user"])
    }

    @Test func `once it is known who we are, our own is our own and the others' is theirs, in order`() async throws {
        let hub = try Hub.serving { request in
            request.path == "/graphql"
                ? Hub.json(200, ["data": ["viewer": ["login": "guild-app[bot]", "databaseId": 9]]])
                : Hub.json(403, ["message": "Resource not accessible by integration"])
        }
        let office = try office(hub)
        let first = try await deliver(office, "first")
        let ours = try await deliver(
            office, "ours", event: "issues", action: "labeled", by: "guild-app[bot]", ["label": ["name": "bug"]])
        let last = try await deliver(office, "last")
        try await dispatch(office)
        #expect(try await outcomes(office, first).isEmpty)
        try await office.connectors.learnIdentity(in: "github", office.head)
        let identity = office.connectors.identity(in: "github", office.head)
        #expect(identity == SystemIdentity(name: "guild-app[bot]", id: "9"))
        // It comes while the others are still held, and is not decided before them.
        let late = try await deliver(office, "late")
        try await dispatch(office)
        #expect(try await outcomes(office, late).isEmpty)
        let count = try await HeldEvents(
            events: office.ledger.events, actions: office.ledger.actions, time: office.time
        ).release(
            of: "github", identity: identity)
        #expect(count == 4)
        let order = try await office.ledger.dispatch.inbound(limit: 10, now: office.time.now).map(
            \.event.id.description)
        #expect(order == [first, ours, last, late])
        try await dispatch(office)
        for event in [first, last, late] { #expect(try await outcomes(office, event) == ["dispatched"]) }
        #expect(try await outcomes(office, ours) == ["own event"])
    }

    @Test func `what stays held for a day is blocked, with the reason`() async throws {
        let office = try office()
        let comment = try await deliver(office, "comment")
        office.time.advance(by: .seconds(24 * 3600 - 1))
        try await dispatch(office)
        #expect(try await outcomes(office, comment).isEmpty)
        office.time.advance(by: .seconds(1))
        try await dispatch(office)
        #expect(try await outcomes(office, comment) == ["blocked by policy"])
        let event = try #require(EventID(comment))
        let reason = try await office.ledger.reports.trace(of: event)?.decisions.first?.reasons.first ?? ""
        #expect(reason.contains("set connection.identity of its connector"))
        #expect(try await office.ledger.events.heldStandings().isEmpty)
    }

    @Test func `our comment is known by its action's result though nobody knows who we are, and a copy of it is not`()
        async throws
    {
        let hub = try Hub.serving()
        let vendor = try Vendor.serving([.calls([("github.create_issue_comment", Hub.comment)]), .text("done")])
        var files: [String: String?] = ["agents/clerk.yaml": OfficeCodex.agent("clerk", Self.trigger)]
        files["connectors/github.yaml"] = Self.connector.replacing("http://127.0.0.1:9", with: hub.url())
        let office = try Office(vendor: vendor, hub: hub, files)
        let issue = try await deliver(office, "issue", event: "issues", action: "opened")
        try await dispatch(office)
        let worker = try await office.worker()
        try await office.attempt(worker)
        try await office.perform(worker)
        let root = try #require(EventID(issue))
        let trace = try #require(try await office.ledger.reports.trace(of: root))
        let action = try #require(trace.invocations.first?.actions.first?.action)
        #expect(action.state == .succeeded)
        let text = GitHubMarker.marked("Thank you.", action: action.id)
        let bot: JSONValue = ["login": "who-knows[bot]", "type": "Bot", "id": 31]
        let echo = try await deliver(
            office, "echo", by: "who-knows[bot]", ["comment": ["id": 7, "body": .string(text), "user": bot]])
        let copy = try await deliver(
            office, "copy", by: "mallory", ["comment": ["id": 8, "body": .string(text), "user": bot]])
        let edit = try await deliver(
            office, "edit", action: "edited", by: "mallory", ["comment": ["id": 7, "body": .string(text), "user": bot]])
        try await dispatch(office)
        #expect(try await outcomes(office, echo) == ["own event"])
        let known = try #require(EventID(echo))
        let event = try #require(try await office.ledger.events.find(known))
        #expect(event.root == root && event.hop == 1)
        // Both may be anybody's as long as nobody knows who we are.
        #expect(try await office.ledger.events.heldStandings().first?.count == 2)
        _ = try await HeldEvents(
            events: office.ledger.events, actions: office.ledger.actions, time: office.time
        ).release(
            of: "github", identity: SystemIdentity(name: "who-knows"))
        try await dispatch(office)
        for event in [copy, edit] { #expect(try await outcomes(office, event) == ["dispatched"]) }
    }
}
