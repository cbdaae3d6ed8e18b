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

/// An agent that answers comments, on a GitHub that shows it its own.
private struct EchoChamber {
    let office: Office
    private let deliveries = Counter()

    /// - Parameter conditions: of the trigger, in YAML.
    init(conditions: String, _ changes: [String: String?] = [:]) throws {
        let vendor = try RawServer { request in
            let isAnswered = String(decoding: request.body, as: UTF8.self).contains("\"role\":\"tool\"")
            return Vendor.steps(
                isAnswered ? .text("Done.") : .calls([("github.create_issue_comment", Hub.comment)]))
        }
        let trigger =
            "triggers:\n  - { type: webhook, source: github, events: [\"*\"], conditions: { \(conditions) } }"
        var files: [String: String?] = ["agents/clerk.yaml": OfficeCodex.agent("clerk", trigger)]
        for (path, text) in changes { files[path] = text }
        office = try Office(vendor: vendor, files)
    }

    /// What GitHub sends, signed.
    @discardableResult
    func deliver(_ name: String = "issue_comment", by login: String, _ more: JSONObject) async throws -> Event {
        let (ledger, time) = (office.ledger, office.time)
        let gateway = WebhookGateway(
            codex: office.codex, connectors: office.connectors, secrets: office.secrets,
            events: LedgerEvents(events: ledger.events, actions: ledger.actions), time: time, logger: silent)
        var body: JSONObject = [
            "action": "created", "repository": ["full_name": "acme/shop"], "issue": ["number": 42],
            "sender": ["login": .string(login), "type": "User", "id": 4711], "n": .integer(deliveries.value),
        ]
        for member in more.members { body[member.key] = member.value }
        let bytes = JSONValue.object(body).bytes()
        let route = try #require(gateway.routes.first { $0.path == "/webhooks/github" })
        let reply = try await route.handle(
            Request(
                method: "POST", path: route.path, parameters: [:],
                headers: [
                    "X-GitHub-Event": name, "X-GitHub-Delivery": "delivery-\(deliveries.next())",
                    GitHubSignature.header: GitHubSignature.sign(bytes, secret: Secret("open sesame")),
                ], body: bytes))
        #expect(reply.status == 202)
        return try #require(try await ledger.dispatch.inbound(limit: 10, now: time.now).last?.event)
    }

    func comment(by login: String, _ text: String) async throws -> Event {
        try await deliver(by: login, ["comment": ["body": .string(text)]])
    }

    /// Decides the event and runs what it sets going to its end.
    ///
    /// - Returns: the decision's outcome, and the action that the agent then took.
    func settle(_ event: Event) async throws -> (outcome: String?, action: Action?) {
        let dispatcher = office.dispatcher()
        _ = try await dispatcher.dispatchWaiting()
        let trace = try #require(try await office.ledger.reports.trace(of: event.id))
        #expect(trace.decisions.count == 1)
        guard let id = trace.invocations.first?.invocation.id else { return (trace.decisions.first?.outcome, nil) }
        let worker = try await office.worker()
        try await office.attempt(worker)
        try await office.perform(worker)
        #expect(try await office.attempt(worker)?.state == .succeeded)
        return (trace.decisions.first?.outcome, try await office.actions(id).first)
    }

    func reasons(_ event: Event) async throws -> [String] {
        try await office.ledger.reports.trace(of: event.id)?.decisions.flatMap(\.reasons) ?? []
    }

    func notifications() async throws -> Int { try await office.ledger.reports.status().notificationsPending }
}

@Suite(.timeLimit(.minutes(5))) struct LoopGuardTests {
    @Test func `an agent that answers its own comments stops at the hop limit`() async throws {
        let chamber = try EchoChamber(conditions: "guildown: [true, false]")
        let first = try await chamber.comment(by: "ada", "Hello?")
        var (event, hops) = (first, 0)
        while let action = try await chamber.settle(event).action, hops < 20 {
            hops += 1
            event = try await chamber.comment(by: "guild-bot", GitHubMarker.marked("Again.", action: action.id))
            #expect(event.isOwn)
            #expect(event.hop == hops)
            #expect(event.root == first.id)
        }
        #expect(hops == Defaults.hopLimit)
        let trace = try #require(try await chamber.office.ledger.reports.trace(of: event.id))
        #expect(trace.decisions.map(\.outcome) == ["loop stopped"])
        #expect(trace.decisions.first?.reasons == ["the chain is 8 events long; the limit is 8"])
        let entries = try await chamber.office.auditSubjects("dispatch.decided")
        #expect(entries.filter { $0 == event.id.description }.count == 1)
        #expect(try await chamber.notifications() == 1)
    }

    @Test func `what our action caused inherits where we were called, and a mark of elsewhere gives no place`()
        async throws
    {
        let chamber = try EchoChamber(conditions: "guildown: [true, false]")
        let first = try await chamber.comment(by: "ada", "Hello?")
        let action = try #require(try await chamber.settle(first).action)
        let body = JSONValue.string(GitHubMarker.marked("There.", action: action.id))
        let echo = try await chamber.deliver(by: "guild-bot", ["comment": ["body": body]])
        #expect(echo.cause == first.id)
        #expect(echo.containers == [Container(system: "github", name: "acme/shop")])
        let stray = try await chamber.deliver(
            by: "guild-bot", ["repository": ["full_name": "other/repo"], "comment": ["body": body]])
        #expect(stray.cause == first.id)
        #expect(stray.hop == 1)
        #expect(stray.subject == "other/repo#42")
        #expect(stray.containers.isEmpty)
        let foreign = try await chamber.deliver(
            by: "mallory", ["repository": ["full_name": "other/repo"], "comment": ["body": body]])
        #expect(foreign.containers == [Container(system: "github", name: "other/repo")])
    }

    @Test func `of one chain that goes on past its limit a person is told once`() async throws {
        let chamber = try EchoChamber(
            conditions: "guildown: [true, false]",
            ["policies/safety.yaml": OfficeCodex.manifest("SafetyPolicy", "s", "hop_limit: 1")])
        let action = try #require(
            try await chamber.settle(try await chamber.comment(by: "ada", "Hello?")).action)
        for text in ["one", "two", "three"] {
            let event = try await chamber.comment(by: "guild-bot", GitHubMarker.marked(text, action: action.id))
            #expect(try await chamber.settle(event).outcome == "loop stopped")
        }
        #expect(try await chamber.notifications() == 1)
    }

    @Test func `a forged mark in a stranger's comment starts a fresh root`() async throws {
        let chamber = try EchoChamber(conditions: "guildown: [true, false]")
        let first = try await chamber.comment(by: "ada", "Hello?")
        let action = try #require(try await chamber.settle(first).action)
        let forged = try await chamber.comment(by: "mallory", GitHubMarker.marked("mine", action: action.id))
        #expect(!forged.isOwn)
        #expect(forged.root == forged.id)
        #expect(forged.cause == nil)
        #expect(forged.hop == 0)
        #expect(try await chamber.settle(forged).outcome == "dispatched")
    }

    @Test func `what we did ourselves reaches nobody who has not asked for it`() async throws {
        let chamber = try EchoChamber(conditions: "subject: acme/shop#42")
        let first = try await chamber.comment(by: "ada", "Hello?")
        let action = try #require(try await chamber.settle(first).action)
        let echo = try await chamber.comment(by: "guild-bot", GitHubMarker.marked("Again.", action: action.id))
        #expect(echo.hop == 1)
        #expect(echo.cause == first.id)
        #expect(try await chamber.settle(echo).outcome == "own event")
        #expect(try await chamber.notifications() == 0)
    }

    @Test func `an echo without a mark is linked to our last action of its kind on the subject`() async throws {
        let chamber = try EchoChamber(conditions: "guildown: [true, false]")
        let office = chamber.office
        let id = try await office.queue("cause")
        let worker = try await office.worker()
        let labelled: JSONObject = ["action": "labeled", "label": ["name": "bug"]]
        let early = try await chamber.deliver("issues", by: "guild-bot", labelled)
        #expect(early.isOwn)
        #expect(early.cause == nil)
        #expect(try await chamber.settle(early).outcome == "own event")
        try await office.label(id, worker)
        let echo = try await chamber.deliver("issues", by: "guild-bot", labelled)
        #expect(echo.cause == Event.sample("cause").id)
        #expect(echo.hop == 1)
        office.time.advance(by: .seconds(7200))
        #expect(try await chamber.deliver("issues", by: "guild-bot", labelled).cause == nil)
        #expect(try await chamber.deliver("issues", by: "ada", labelled).hop == 0)
    }

    @Test(arguments: [
        ("[mallory]", "blocked by policy"), ("[MALLORY, ada]", "blocked by policy"),
        ("[\"4711\"]", "blocked by policy"),
        ("[mall]", "dispatched"), ("[]", "dispatched"),
    ])
    func `the events of ignored senders set nothing going`(senders: String, outcome: String) async throws {
        let chamber = try EchoChamber(
            conditions: "subject: acme/shop#42",
            ["policies/safety.yaml": OfficeCodex.manifest("SafetyPolicy", "s", "ignore_senders: \(senders)")])
        let event = try await chamber.comment(by: "mallory", "Hello?")
        #expect(try await chamber.settle(event).outcome == outcome)
        #expect(try await chamber.reasons(event).contains { $0.contains("mallory") } == (outcome != "dispatched"))
    }

    @Test func `a bot is ignored by its name with and without what GitHub puts behind it`() throws {
        for name in ["dependabot[bot]", "dependabot"] {
            let policy = OfficeCodex.manifest("SafetyPolicy", "s", "ignore_senders: [\"\(name)\"]")
            let router = Router(try OfficeCodex.snapshot(["policies/safety.yaml": policy]))
            let bot: JSONValue = ["sender": ["login": "Dependabot[bot]", "type": "Bot"]]
            #expect(router.decide(.sample("a", data: bot), now: start).map(\.outcome) == [.blocked])
            let person: JSONValue = ["sender": ["login": "dependabot-fan", "type": "User"]]
            #expect(router.decide(.sample("b", data: person), now: start).map(\.outcome) == [.unrouted])
        }
    }

    @Test(arguments: [(Int64(0), false), (999, false), (1000, true), (.max, true)])
    func `a root whose tokens are used up sets nothing more going`(spent: Int64, isStopped: Bool) throws {
        let router = Router(
            try OfficeCodex.snapshot([
                "policies/safety.yaml": OfficeCodex.manifest("SafetyPolicy", "s", "root_tokens: 1K"),
                "agents/clerk.yaml": OfficeCodex.agent("clerk", "triggers:\n  - { type: webhook, source: github }"),
            ]))
        let decisions = router.decide(.sample("a", hop: 1), rootTokens: spent, now: start)
        #expect(decisions.map(\.outcome) == [isStopped ? .loopStopped : .dispatched])
        #expect(decisions.first?.notice?.name == (isStopped ? "root-tokens" : nil))
        #expect(!isStopped || decisions.first?.reasons == ["the chain has used \(spent) tokens; the limit is 1000"])
    }
}

extension Office {
    fileprivate func auditSubjects(_ kind: String) async throws -> [String] {
        var filter = AuditFilter()
        (filter.kind, filter.limit) = (kind, 1000)
        return try await ledger.audit.log(filter).map(\.subject)
    }

    /// The invocation asks for a label, and the label is set.
    fileprivate func label(_ id: InvocationID, _ worker: Worker) async throws {
        let claim = try #require(
            try await ledger.invocations.claim(ClaimScope(), upTo: 1, worker: worker, now: time.now).first?.invocation)
        #expect(claim.id == id)
        let plan = TurnPlan(
            n: 1, provider: "stand-in", model: "small", requestDigest: "d", inputBound: 10, outputWanted: 300,
            prices: nil, accounts: [AccountLimit(account: "agent/clerk", tokens: nil, setting: "")])
        let reservation = try await ledger.invocations.beginTurn(
            plan, of: claim, worker: worker, isSending: true, now: time.now)
        let action = ActionRequest(
            id: ActionID(derivedFrom: ["label"]), connector: "github", operation: "github.add_labels",
            subject: "acme/shop#42", arguments: Hub.labels, reason: "to sort", autonomy: .act)
        let call = ToolCall(
            position: 0, callID: "c", name: action.operation, arguments: Hub.labels, action: action,
            actionID: action.id)
        _ = try await ledger.invocations.recordAnswer(
            TurnAnswer(
                delta: [:], stop: "tool_calls", origin: nil, usage: TokenUsage(input: 1, output: 1), calls: [call]),
            plan: plan, reservation: reservation, of: claim, waitUntil: time.now + .seconds(60), now: time.now)
        try await perform(worker)
    }
}
