package import GuildCodex
package import GuildConnectors
package import GuildDomain
package import GuildHTTP
import GuildLedger
package import Logging

/// Receives webhooks: authenticates, normalises, and answers 202 only when the event is durable.
///
///     POST /webhooks/SYSTEM[/ENDPOINT] ──▶ signature ──▶ Event ──▶ ledger.accept (one transaction) ──▶ 202 {id}
///
/// A bad signature leaves no row and no log line that an attacker could multiply. Deliveries that their head condemns are
/// refused before the body is read. A repeated delivery is answered 200.
package struct WebhookGateway: Sendable {
    /// More events than this in one delivery are refused whole.
    static let eventLimit = 1000
    /// The most names of systems in an answer.
    private static let shownSystems = 20

    private let codex: CurrentCodex
    private let connectors: CurrentConnectors
    private let secrets: SecretResolver
    private let events: any EventStore
    private let time: any TimeSource
    private let logger: Logger
    private let refusals: RefusalLog
    private let troubles = SecretTroubles()

    var systems: SystemRegistry { connectors.systems }

    /// - Parameters:
    ///   - events: where they are accepted; nothing in a benchmark of everything before it.
    ///   - refusals: counts refused deliveries; without one the gateway keeps its own.
    package init(
        codex: CurrentCodex, connectors: CurrentConnectors, secrets: SecretResolver, events: any EventStore,
        time: any TimeSource, logger: Logger, refusals: RefusalLog? = nil
    ) {
        self.codex = codex
        self.connectors = connectors
        self.secrets = secrets
        self.events = events
        self.time = time
        self.logger = logger
        self.refusals = refusals ?? RefusalLog(logger: logger)
    }

    func handle(_ request: Request, of system: String, by method: WebhookMethod) async throws -> Reply {
        let target: Target
        switch find(request, system, method) {
        case .failure(let refused):
            refusals.count("deliveries for no endpoint")
            return refused.reply
        case .success(let found): target = found
        }
        let source = target.source
        let delivery = target.delivery
        if let refused = tooLarge(request.body.count, target) { return refused }
        if let greeting = source.greeting(delivery) { return Reply(greeting) }
        guard let keys = try await secretKeys(of: target.endpoint, source) else {
            if refusals.count("deliveries with no secret configured, endpoint=\(target.name)") {
                logger.error(
                    "webhook refused: no secret configured", metadata: ["endpoint": "\(target.name)"])
            }
            return Reply(source.answer(to: .notConfigured, of: delivery))
        }
        let verdict = await source.authenticate(delivery, by: keys)
        guard verdict == .authentic else {
            let what = verdict == .stale ? "an old or future signature" : "a bad signature"
            refusals.count("deliveries with \(what), endpoint=\(target.name)")
            return Reply(source.answer(to: .unauthorized, of: delivery))
        }
        do {
            switch try source.content(of: delivery, identity: connectors.identity(in: delivery.system, target.snapshot))
            {
            case .handshake(let reply): return Reply(reply)
            case .events(let events): return Reply(source.answer(to: try await take(events, target), of: delivery))
            }
        } catch let refusal as WebhookRefusal {
            // The sender has signed it, so it may be an event that is lost.
            refusals.count("signed deliveries that are no event, endpoint=\(target.name)")
            return Reply(source.answer(to: .malformed(refusal), of: delivery))
        }
    }

    // MARK: Before the body

    /// A refusal that no body can change: an endpoint that does not exist, no signature or an impossible one, a body
    /// announced as too large.
    func refusal(ofHead request: Request, of system: String, by method: WebhookMethod) -> Reply? {
        switch find(request, system, method) {
        case .failure(let refused): return refused.reply
        case .success(let target):
            guard target.source.mayBeAuthentic(head: target.delivery) else {
                refusals.count("deliveries without a signature, endpoint=\(target.name)")
                return Reply(target.source.answer(to: .unauthorized, of: target.delivery))
            }
            return tooLarge(request.declaredLength ?? 0, target)
        }
    }

    /// The target of a request: an endpoint of the accepted head, and the source that takes its deliveries.
    private struct Target {
        let snapshot: CodexSnapshot
        let endpoint: WebhookEndpointManifest
        let source: any WebhookSource
        let delivery: WebhookDelivery
        let limitBytes: Int

        /// For messages: endpoints of different systems may have the same name.
        var name: String { "\(endpoint.system)/\(endpoint.name)" }
    }

    private struct Refused: Error { let reply: Reply }

    private func find(_ request: Request, _ system: String, _ method: WebhookMethod) -> Result<Target, Refused> {
        let snapshot = codex.head
        let endpoint = snapshot.endpoint(system: system, name: request.parameters["endpoint"])
        guard let endpoint, let source = systems.source(of: endpoint), source.methods.contains(method) else {
            return .failure(Refused(reply: unknown(system, request.parameters["endpoint"])))
        }
        let delivery = WebhookDelivery(
            system: endpoint.system, endpoint: endpoint.name, settings: endpoint.authentication, method: method,
            query: request.query, headers: request.headers, body: request.body, receivedAt: time.now)
        let limit = endpoint.maxBody ?? snapshot.settings.bodyLimit(of: endpoint.system).value
        return .success(
            Target(
                snapshot: snapshot, endpoint: endpoint, source: source, delivery: delivery,
                limitBytes: min(limit, source.largestBodyBytes)))
    }

    /// - Parameter name: the endpoint's, if the path has one.
    private func unknown(_ system: String, _ name: String?) -> Reply {
        let endpoints = codex.head.endpoints
        let own = endpoints.filter { $0.system == system }
        guard !own.isEmpty || systems[system]?.webhooks != nil else {
            let served = Set(endpoints.map(\.system)).sorted()
            let names = served.prefix(Self.shownSystems).joined(separator: ", ")
            return .problem(
                status: 404, title: "Unknown webhook system",
                detail: served.isEmpty
                    ? "the codex has no WebhookEndpoint"
                    : "the codex has endpoints of \(names)\(served.count > Self.shownSystems ? " and others" : ""), "
                        + "not of '\(system)'")
        }
        let detail =
            if let name, !own.contains(where: { $0.name == name.lowercased() }) {
                "the codex has no endpoint '\(name)' of \(system)"
            } else if name == nil, own.count > 1 {
                "the codex has several endpoints of \(system) and no default; name one: /webhooks/\(system)/NAME"
            } else {
                "the codex has no WebhookEndpoint of system \(system) that this path names"
            }
        return .problem(status: 404, title: "No such endpoint", detail: detail)
    }

    private func tooLarge(_ bytes: Int, _ target: Target) -> Reply? {
        guard bytes > target.limitBytes else { return nil }
        return Reply(target.source.answer(to: .tooLarge(limit: target.limitBytes), of: target.delivery))
    }

    // MARK: The events

    /// Accepts each event of a delivery, in order. Accepted events stay accepted if a later one finds no room: the
    /// sender retries, and they are duplicates then.
    private func take(_ webhooks: [WebhookEvent], _ target: Target) async throws -> WebhookOutcome {
        guard webhooks.count <= Self.eventLimit else {
            return .malformed(.malformedPayload("it holds \(webhooks.count) events; \(Self.eventLimit) are taken"))
        }
        var ids: [EventID] = []
        var isNew = false
        for webhook in webhooks {
            // The endpoint's rate is one of deliveries.
            switch try await take(webhook, target, isCharged: isNew) {
            case .accepted(let taken):
                ids += taken
                isNew = true
            case .duplicate(let taken): ids += taken
            case let outcome: return outcome
            }
        }
        return isNew ? .accepted(ids) : .duplicate(ids)
    }

    private func take(
        _ webhook: WebhookEvent, _ target: Target, isCharged: Bool
    ) async throws -> WebhookOutcome {
        let snapshot = target.snapshot
        let endpoint = target.endpoint
        // A sender may have put one of the guild's secrets there; it is neither stored nor shown to a model.
        let own = OwnEvents(systems: systems, events: events)
        var event = try await own.judged(webhook, now: time.now).masked(by: secrets, snapshot)
        event.chapter = endpoint.chapter
        event.attributes.endpoint = endpoint.name
        var policy = AcceptancePolicy(actor: "webhook-gateway")
        if let digest = webhook.digest, Self.isKnownByBody(webhook, endpoint, target.source) {
            policy.bodyDigest = digest
            policy.otherDigests = webhook.otherDigests
        }
        policy.commit = snapshot.commit
        policy.queueLimit = Int64(snapshot.settings.queueDepth.value)
        if !isCharged { policy.charges = snapshot.rates.charges(endpoint: endpoint) }
        policy.hold = event.isOwn ? .none : hold(on: event, snapshot)
        switch try await events.accept(event, policy: policy, now: time.now) {
        case .accepted(let id): return .accepted([id])
        case .held(let id):
            logger.notice(
                "event held until our identity is known", metadata: ["event": "\(id)", "type": "\(event.type)"])
            return .accepted([id])
        case .duplicate(let id): return .duplicate([id])
        case .overloaded:
            if refusals.count("deliveries with the inbound queue full") {
                logger.error("webhook refused: the inbound queue is full", metadata: ["limit": "\(policy.queueLimit)"])
            }
            return .busy
        case .limited(let until):
            refusals.count("deliveries over the rate of their endpoint, endpoint=\(target.name)")
            return .limited(wait: until - time.now)
        }
    }

    /// Whether an event may be decided at once: an echo of our own is only known as such once we know who we are.
    private func hold(on event: Event, _ head: CodexSnapshot) -> EventHold {
        guard connectors.causedTypes(in: event.system, head).contains(event.type) else { return .none }
        return connectors.isIdentityMissing(in: event.system, head) ? .untilIdentityIsKnown : .behindOthers
    }

    /// Whether the same body under another delivery id is the same event: by the endpoint's setting, or else by the
    /// source's rule.
    private static func isKnownByBody(
        _ webhook: WebhookEvent, _ endpoint: WebhookEndpointManifest, _ source: any WebhookSource
    ) -> Bool {
        switch endpoint.replay {
        case .byBody: true
        case .byID: false
        case nil: source.replay == .byBody && !webhook.canRepeat
        }
    }

    // MARK: Secrets

    /// - Returns: nil if no secret of the endpoint can be used: it then answers 503, it is never open.
    /// - Throws: `CancellationError` if the client has left: that says nothing about the secrets.
    private func secretKeys(
        of endpoint: WebhookEndpointManifest, _ source: any WebhookSource
    ) async throws -> [Secret]? {
        var keys: [Secret] = []
        var problems: [String] = []
        for reference in endpoint.authentication.secrets {
            do {
                let secret = try await secrets.resolve(reference, for: SecretUse(.verify))
                if let objection = source.objection(to: secret) {
                    problems.append(SecretFailure(reference, .unsuitable(objection)).message)
                } else {
                    keys.append(secret)
                }
            } catch {
                problems.append(error.message)
            }
        }
        try Task.checkCancellation()
        let name = "\(endpoint.system)/\(endpoint.name)"
        if troubles.isNews(problems, of: name), !problems.isEmpty {
            logger.log(
                level: keys.isEmpty ? .error : .warning,
                keys.isEmpty
                    ? "webhook secret unavailable: the endpoint's deliveries are answered 503"
                    : "webhook secret unavailable: deliveries signed with another secret of the endpoint are accepted",
                metadata: ["endpoint": "\(name)", "reason": "\(problems.joined(separator: "; "))"])
        }
        return keys.isEmpty ? nil : keys
    }

    /// Says of each endpoint which of its secrets cannot be used, before a delivery needs them.
    package func reportSecrets() async {
        for endpoint in codex.head.endpoints {
            guard let source = systems.source(of: endpoint) else { continue }
            // A cancelled caller is ending.
            _ = try? await secretKeys(of: endpoint, source)
        }
    }
}

extension Reply {
    /// The answer to a sender, on the wire.
    init(_ reply: WebhookReply) {
        switch reply.body {
        case .none: self.init(status: reply.status, headers: reply.headers)
        case .json(let value): self = .json(value, status: reply.status, headers: reply.headers)
        case .text(let text):
            var headers = reply.headers
            headers["content-type"] = headers["content-type"] ?? "text/plain; charset=utf-8"
            self.init(status: reply.status, headers: headers, body: .bytes(Array(text.utf8)))
        case .problem(let title, let detail):
            self = .problem(status: reply.status, title: title, detail: detail, headers: reply.headers)
        }
    }
}
