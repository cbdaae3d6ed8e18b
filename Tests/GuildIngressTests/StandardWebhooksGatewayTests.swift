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

/// Standard Webhooks from the socket's side to a decision, for the system itself and for any sender that signs that way.
@Suite(.timeLimit(.minutes(1))) struct StandardWebhooksGatewayTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let invoice = #"{"type":"invoice.paid","data":{"id":7}}"#

    private func office(_ system: String, secret: String = Self.secret) throws -> Office {
        let endpoint = OfficeCodex.manifest(
            "WebhookEndpoint", "invoices",
            """
            system: \(system)
            chapter: office
            authentication: { type: standard_webhooks, secret_refs: ["env://WEBHOOK_SECRET"] }
            """)
        let trigger = "triggers:\n  - { type: webhook, source: \(system), events: [\"invoice.*\"] }"
        return try Office(
            ["ingress/invoices.yaml": endpoint, "agents/clerk.yaml": OfficeCodex.agent("clerk", trigger)],
            secret: secret)
    }

    /// - Parameter late: seconds between signing and arriving.
    private func deliver(
        _ office: Office, _ system: String, _ body: String = Self.invoice, id: String = "msg_1", late: Int64 = 0,
        secret: String = Self.secret
    ) async throws -> Reply {
        let gateway = WebhookGateway(
            codex: office.codex, connectors: office.connectors, secrets: office.secrets,
            events: LedgerEvents(events: office.ledger.events, actions: office.ledger.actions), time: office.time,
            logger: silent)
        let paths = ["/webhooks/\(system)/:endpoint", "/webhooks/:system/:endpoint"]
        let route = try #require(gateway.routes.first { paths.contains($0.path) })
        let bytes = Array(body.utf8)
        let stamp = "\(office.time.now.seconds - late)"
        let signature = try #require(
            StandardWebhooks.sign(bytes, id: id, timestamp: stamp, secret: Secret(secret)))
        let headers: Headers = [
            "webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": signature,
            "Content-Type": "application/json",
        ]
        let request = Request(
            method: "POST", path: "/webhooks/\(system)/invoices",
            parameters: ["system": system, "endpoint": "invoices"], headers: headers, body: bytes)
        if let refused = route.refuse?(request) { return refused }
        return try await route.handle(request)
    }

    @Test(arguments: ["standard-webhooks", "billing"])
    func `a delivery ends in an event and a decision, and again in nothing`(system: String) async throws {
        let office = try office(system)
        #expect(office.head.endpoints.contains { $0.system == system })
        let reply = try await deliver(office, system)
        #expect(reply.status == 202)
        let id = try #require(try reply.document["id"]?.string.flatMap { EventID($0) })
        let dispatcher = Dispatcher(
            dispatch: office.ledger.dispatch, events: office.ledger.events, budgets: office.ledger.budgets,
            codex: office.codex, time: office.time, logger: silent)
        _ = try await dispatcher.dispatchWaiting()
        let trace = try #require(try await office.ledger.reports.trace(of: id))
        #expect(trace.decisions.map(\.outcome) == ["dispatched"])
        #expect(trace.invocations.first?.invocation.agent == "clerk")
        #expect(try await deliver(office, system).status == 200)
        // Both id and time are signed: the same body under another id is another event.
        #expect(try await deliver(office, system, id: "msg_2").status == 202)
    }

    @Test func `what is forged, old or of the future is answered 401 without a word, and leaves nothing`() async throws
    {
        let office = try office("billing")
        let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
        for reply in [
            try await deliver(office, "billing", secret: other), try await deliver(office, "billing", late: 301),
            try await deliver(office, "billing", late: -301),
        ] {
            #expect(reply.status == 401)
            #expect(try reply.document["detail"] == nil)
        }
        #expect(try await deliver(office, "billing", late: 300).status == 202)
        #expect(try await office.ledger.dispatch.inbound(limit: 10, now: office.time.now).count == 1)
    }

    @Test(arguments: ["", "open sesame", "whsec_AAAA"])
    func `a secret that is no key closes the endpoint`(secret: String) async throws {
        let office = try office("billing", secret: secret)
        let reply = try await deliver(office, "billing")
        #expect(reply.status == 503)
        #expect(reply.headers["retry-after"] == "60")
        #expect(try await office.ledger.dispatch.inbound(limit: 10, now: office.time.now).isEmpty)
    }

    @Test func `a signed body that is no event is answered 400`() async throws {
        let office = try office("billing")
        for body in ["[]", "{", #"{"type":"a b"}"#] {
            #expect(try await deliver(office, "billing", body).status == 400, "\(body)")
        }
    }

    @Test(arguments: [" ", "\n", "\r\n\t "])
    func `white space before the object is JSON, and taken`(space: String) async throws {
        let reply = try await deliver(try office("billing"), "billing", space + Self.invoice)
        #expect(reply.status == 202)
    }

    @Test(arguments: ["schedule", "cli", "guild", "feed"])
    func `nobody outside sends what guild itself sends`(system: String) async throws {
        let office = try office(system)
        #expect(try await deliver(office, system).status == 404)
    }
}
