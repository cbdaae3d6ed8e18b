import GuildConnectors
import GuildDomain
package import GuildHTTP

extension WebhookGateway {
    /// The paths of each system that this build knows, and those of endpoints whose sender signs by a scheme of no system's
    /// own.
    package var routes: [Route] {
        systems.senders.flatMap { system, source in
            source.methods.flatMap { method in
                ["/webhooks/\(system.name)", "/webhooks/\(system.name)/:endpoint"].map { path in
                    route(method, path, system.name, source, summary: "A \(system.title) delivery, \(source.proof)")
                }
            }
        }
            + ["/webhooks/:system", "/webhooks/:system/:endpoint"].map(otherRoute)
    }

    private func route(
        _ method: WebhookMethod, _ path: String, _ system: String, _ source: any WebhookSource, summary: String
    ) -> Route {
        Route(
            Route.Method(method), path, access: .open, summary: summary, bodyLimitBytes: source.largestBodyBytes,
            body: APIBody(source.mediaTypes, schema: ["type": "object"]), answers: Self.answers,
            refuse: { refusal(ofHead: $0, of: system, by: method) }
        ) { try await handle($0, of: system, by: method) }
    }

    private func otherRoute(_ path: String) -> Route {
        Route(
            .post, path, access: .open, summary: "A delivery of a system that is not supported yet",
            bodyLimitBytes: largestForeignBodyBytes,
            answers: [APIAnswer(404, "This version does not support it"), APIAnswer(413, "The body is too large")],
            refuse: { refusal(ofHead: $0, of: $0.parameters["system"] ?? "", by: .post) }
        ) { try await handle($0, of: $0.parameters["system"] ?? "", by: .post) }
    }

    /// What a sender sends at most that signs by the scheme of another system.
    private var largestForeignBodyBytes: Int {
        let sources = systems.senders.map(\.source).filter { $0.schemes.contains { $0 != .system } }
        return sources.map(\.largestBodyBytes).max() ?? 1 << 20
    }

    private static let answers: [APIAnswer] = {
        let taken = APISchema.object(
            [("id", APISchema.text), ("status", APISchema.choice(["accepted", "duplicate", "pong"]))], optional: ["id"])
        return [
            APIAnswer(200, "A ping, or a delivery that was accepted before", schema: taken),
            APIAnswer(202, "Accepted and durable", schema: taken), APIAnswer(401, "The signature is wrong or missing"),
            APIAnswer(404, "The codex has no such endpoint"),
        ]
    }()
}

extension Route.Method {
    fileprivate init(_ method: WebhookMethod) {
        switch method {
        case .get: self = .get
        case .post: self = .post
        case .put: self = .put
        case .options: self = .options
        }
    }
}
