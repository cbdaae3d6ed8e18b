package import GuildCodex
package import GuildConnectors
package import GuildDomain
package import GuildHTTP
package import GuildLedger
package import Logging

/// Takes webhooks in: authenticates, normalises, and answers 202 only when the event is durable.
///
///     POST /webhooks/SYSTEM[/ENDPOINT] ──▶ signature ──▶ Event ──▶ ledger.accept (one transaction) ──▶ 202 {id}
///
/// A bad signature leaves no row and no line of log that an attacker could grow; what can be refused by the head is,
/// before the body is read. The same delivery again is answered 200.
package struct WebhookGateway: Sendable {
    /// Stores an event; the ledger's `accept`, or nothing in a benchmark of everything before it.
    package typealias Accept = @Sendable (Event, AcceptancePolicy) async throws -> Acceptance
    /// Whether an event of a type may be decided at once.
    package typealias Hold = @Sendable (_ type: String, CodexSnapshot) -> EventHold

    /// GitHub caps its payloads at 25 MB (docs.github.com, "Webhook events and payloads").
    static let gitHubBodyLimitBytes = 25 << 20

    private let codex: CurrentCodex
    private let secrets: SecretResolver
    private let identity: Identity
    private let accept: Accept
    private let hold: Hold
    private let own: OwnEvents
    private let time: any TimeSource
    private let logger: Logger
    private let refusals: RefusalLog
    private let troubles = SecretTroubles()

    /// Who we are on GitHub, as far as it is known.
    package typealias Identity = @Sendable (CodexSnapshot) -> GitHubIdentity?

    /// - Parameter refusals: counts refused deliveries; without one the gateway keeps its own.
    package init(
        codex: CurrentCodex, secrets: SecretResolver, identity: @escaping Identity, accept: @escaping Accept,
        hold: @escaping Hold = { _, _ in .none }, origin: @escaping OwnEvents.Origin,
        lastOrigin: @escaping OwnEvents.LastOrigin = { _, _ in nil },
        action: @escaping OwnEvents.FindAction = { _ in nil },
        time: any TimeSource, logger: Logger, refusals: RefusalLog? = nil
    ) {
        self.codex = codex
        self.secrets = secrets
        self.identity = identity
        self.accept = accept
        self.hold = hold
        own = OwnEvents(origin: origin, lastOrigin: lastOrigin, action: action)
        self.time = time
        self.logger = logger
        self.refusals = refusals ?? RefusalLog(logger: logger)
    }

    package var routes: [Route] {
        ["/webhooks/github", "/webhooks/github/:endpoint"].map { path in
            Route(
                .post, path, access: .open, summary: "A GitHub delivery, signed with X-Hub-Signature-256",
                bodyLimitBytes: Self.gitHubBodyLimitBytes, body: Self.delivery, answers: Self.answers,
                refuse: { refusal(ofHead: $0) }
            ) { try await gitHub($0) }
        }
            + ["/webhooks/:system", "/webhooks/:system/:endpoint"].map { path in
                Route(
                    .post, path, access: .open, summary: "A delivery of a system that is not supported yet",
                    answers: [
                        APIAnswer(404, "This version does not support it"), APIAnswer(413, "The body is too large"),
                    ],
                    refuse: { Self.unknownSystem($0) }, handle: { Self.unknownSystem($0) })
            }
    }

    private static let delivery = APIBody(
        ["application/json", "application/x-www-form-urlencoded"], schema: ["type": "object"])

    private static let answers: [APIAnswer] = {
        let taken = APISchema.object(
            [("id", APISchema.text), ("status", APISchema.choice(["accepted", "duplicate", "pong"]))], optional: ["id"])
        return [
            APIAnswer(200, "A ping, or a delivery that was accepted before", schema: taken),
            APIAnswer(202, "Accepted and durable", schema: taken), APIAnswer(401, "The signature is wrong or missing"),
            APIAnswer(404, "The codex has no such endpoint"),
        ]
    }()

    private static func unknownSystem(_ request: Request) -> Reply {
        let system = request.parameters["system"] ?? ""
        return .problem(
            status: 404, title: "Unknown webhook system", detail: "this version supports github, not '\(system)'")
    }

    private static let unknownEndpoint = Reply.problem(
        status: 404, title: "No such endpoint",
        detail: "the codex has no WebhookEndpoint of system github that this path names")

    private static let unauthorized = Reply.problem(status: 401, title: "Unauthorized")

    private static func tooLarge(_ limit: Int) -> Reply {
        .problem(status: 413, title: "Payload too large", detail: "this endpoint accepts \(limit) bytes")
    }

    private func bodyLimit(of endpoint: WebhookEndpointManifest, _ snapshot: CodexSnapshot) -> Int {
        endpoint.maxBody ?? snapshot.settings.githubBodyLimit.value
    }

    /// What no body can mend: an endpoint that is not there, no signature or none that could be one, a body announced as
    /// too large.
    private func refusal(ofHead request: Request) -> Reply? {
        let snapshot = codex.head
        guard let endpoint = snapshot.endpoint(system: "github", name: request.parameters["endpoint"]) else {
            return Self.unknownEndpoint
        }
        guard GitHubSignature.isWellFormed(request.headers[GitHubSignature.header]) else {
            refusals.count("deliveries without a signature, endpoint=\(endpoint.name)")
            return Self.unauthorized
        }
        let limit = bodyLimit(of: endpoint, snapshot)
        return request.declaredLength ?? 0 > limit ? Self.tooLarge(limit) : nil
    }

    private func gitHub(_ request: Request) async throws -> Reply {
        let snapshot = codex.head
        guard let endpoint = snapshot.endpoint(system: "github", name: request.parameters["endpoint"]) else {
            return Self.unknownEndpoint
        }
        let limit = bodyLimit(of: endpoint, snapshot)
        guard request.body.count <= limit else { return Self.tooLarge(limit) }
        guard let keys = try await secretKeys(of: endpoint) else {
            if refusals.count("deliveries with no secret configured, endpoint=\(endpoint.name)") {
                logger.error("webhook refused: no secret configured", metadata: ["endpoint": "\(endpoint.name)"])
            }
            return Self.notConfigured
        }
        guard GitHubSignature.isValid(request.headers[GitHubSignature.header], body: request.body, secrets: keys) else {
            refusals.count("deliveries with a bad signature, endpoint=\(endpoint.name)")
            return Self.unauthorized
        }
        do {
            let verdict = try GitHubNormaliser.normalise(
                headers: request.headers, body: request.body, endpoint: endpoint.name, now: time.now,
                identity: identity(snapshot))
            switch verdict {
            case .ping: return .json(["status": "pong"])
            case .event(let webhook): return try await take(webhook, endpoint, snapshot)
            }
        } catch let refusal as WebhookRefusal {
            return .problem(status: 400, title: "Bad webhook", detail: refusal.message)
        }
    }

    private func take(
        _ webhook: WebhookEvent, _ endpoint: WebhookEndpointManifest, _ snapshot: CodexSnapshot
    ) async throws -> Reply {
        // Somebody may have put a secret of ours there; then it is neither kept nor shown to a model.
        var event = try await own.judged(webhook).masked(by: secrets, snapshot)
        event.chapter = endpoint.chapter
        var policy = AcceptancePolicy(actor: "webhook-gateway")
        if Self.isKnownByBody(webhook, endpoint) {
            (policy.bodyDigest, policy.otherDigests) = (webhook.digest, webhook.otherDigests)
        }
        policy.commit = snapshot.commit
        policy.queueLimit = Int64(snapshot.settings.queueDepth.value)
        policy.charges = snapshot.charges(endpoint: endpoint)
        policy.hold = event.isOwn ? .none : hold(event.type, snapshot)
        switch try await accept(event, policy) {
        case .accepted(let id):
            return .json(["id": .string(id.description), "status": "accepted"], status: 202)
        case .held(let id):
            logger.notice(
                "event held until our identity is known", metadata: ["event": "\(id)", "type": "\(event.type)"])
            return .json(["id": .string(id.description), "status": "accepted"], status: 202)
        case .duplicate(let id):
            return .json(["id": .string(id.description), "status": "duplicate"])
        case .overloaded:
            if refusals.count("deliveries with the inbound queue full") {
                logger.error("webhook refused: the inbound queue is full", metadata: ["limit": "\(policy.queueLimit)"])
            }
            return .problem(status: 503, title: "The queue is full", headers: ["retry-after": "5"])
        case .limited(let until):
            let seconds = max(1, ((until - time.now).microseconds + 999_999) / 1_000_000)
            refusals.count("deliveries over the rate of their endpoint, endpoint=\(endpoint.name)")
            return .problem(
                status: 429, title: "Too many requests", headers: ["retry-after": String(seconds)])
        }
    }

    /// Whether the same body under another delivery id is the same event: as the endpoint says, else as the source knows.
    private static func isKnownByBody(_ webhook: WebhookEvent, _ endpoint: WebhookEndpointManifest) -> Bool {
        switch endpoint.replay {
        case .byBody: true
        case .byID: false
        case nil: !webhook.canRepeat
        }
    }

    /// - Returns: nil if no secret can be had: the endpoint then answers 503, it is never open.
    /// - Throws: `CancellationError` where the client has left: that says nothing about the secrets.
    private func secretKeys(of endpoint: WebhookEndpointManifest) async throws -> [Secret]? {
        var keys: [Secret] = []
        var problems: [String] = []
        for reference in endpoint.authentication.secrets {
            do {
                keys.append(try await secrets.resolve(reference, for: SecretUse(.verify)))
            } catch {
                problems.append(error.message)
            }
        }
        try Task.checkCancellation()
        if troubles.isNews(problems, of: endpoint.name), !problems.isEmpty {
            logger.log(
                level: keys.isEmpty ? .error : .warning,
                keys.isEmpty
                    ? "webhook secret unavailable: the endpoint's deliveries are answered 503"
                    : "webhook secret unavailable: deliveries signed with another secret of the endpoint are accepted",
                metadata: ["endpoint": "\(endpoint.name)", "reason": "\(problems.joined(separator: "; "))"])
        }
        return keys.isEmpty ? nil : keys
    }

    /// Says of each endpoint which of its secrets cannot be had, before a delivery needs them.
    package func reportSecrets() async {
        for endpoint in codex.head.endpoints where endpoint.system == "github" {
            // Whoever is cancelled here is ending.
            _ = try? await secretKeys(of: endpoint)
        }
    }

    private static let notConfigured = Reply.problem(
        status: 503, title: "Not configured", headers: ["retry-after": "60"])
}
