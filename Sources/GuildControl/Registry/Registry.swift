package import GuildCodex
package import GuildDomain
package import GuildHTTP
package import GuildLedger

/// Discovery over HTTP, the agents and their health, and the pausing of agents.
package struct Registry: Sendable {
    private let codex: CurrentCodex
    private let agents: AgentLedger
    private let time: any TimeSource
    private let version: String
    /// HOST:PORT, for cards asked for without a host.
    private let address: String
    /// Anyone may ask, and each answer reads the ledger that takes the webhooks in.
    private let gate = RequestGate(limit: Self.answeredAtOnce)

    private static let answeredAtOnce = 4
    private static let retryAfterSeconds = "1"
    private static let discoveryAccess = Route.Access.openWithMore(scope: APIToken.Scope.agentsRead.rawValue)
    /// Names are DNS labels, but a longer one is an agent that is not there, not a wrong request.
    private static let name = APIParameter.path("name", .text(length: 1...1024), "The agent's name, in any case")
    private static let bodyLimitBytes = 16 << 10
    private static let reasonLength = 500
    private static let pageLimit: ClosedRange<Int64> = 1...100
    private static let defaultPage = 100

    package init(codex: CurrentCodex, agents: AgentLedger, time: any TimeSource, version: String, address: String) {
        self.codex = codex
        self.agents = agents
        self.time = time
        self.version = version
        self.address = address
    }

    /// Every route of the registry.
    package var routes: [Route] { discovery + cards + pausing }

    private static let noSuchAgent = APIAnswer(404, "No such agent; the detail suggests the nearest name")

    private var discovery: [Route] {
        [
            Route(
                .get, "/agents", access: Self.discoveryAccess,
                summary: "The agents, by type, chapter, capability, status or label",
                parameters: [
                    .query("type", .text(length: 0...200), "Only agents of this `spec.type`"),
                    .query("chapter", .text(length: 0...200), "Only agents of this chapter"),
                    .query("capability", .text(length: 0...200), "Only agents with this capability"),
                    .query(
                        "status", .choice(AgentListing.Status.allCases.map(\.rawValue)), "Only agents of this status"),
                    .query("label", .text(length: 0...400), "Only agents with this label: `key=value`, or `key`"),
                    .query("after", .text(length: 0...200), "Only agents after this name: a page's `next`"),
                    .query(
                        "limit", .integer(Self.pageLimit), "The maximum number; default \(Self.defaultPage)"),
                ],
                answers: [
                    APIAnswer(
                        200, "A page of agents, sorted by name; `next` means that there may be more",
                        schema: APISchema.object([
                            ("commit", APISchema.text), ("agents", APISchema.list(of: AgentListing.schema)),
                            ("next", APISchema.optionalText),
                        ]))
                ]
            ) { request in try await gate.pass { try await list(request) } ?? Self.busy },
            Route(
                .get, "/agents/:name", access: Self.discoveryAccess, summary: "One agent and its health",
                parameters: [Self.name],
                answers: [APIAnswer(200, "The agent", schema: AgentListing.schema), Self.noSuchAgent]
            ) { request in try await gate.pass { try await show(request) } ?? Self.busy },
        ]
    }

    private var cards: [Route] {
        [
            Route(
                .get, "/.well-known/agent-card.json", access: .open, summary: "The A2A card of the organisation",
                answers: [APIAnswer(200, "An A2A 1.0 agent card", schema: AgentCard.schema)]
            ) { request in
                .json(AgentCard(request, listener: address).guild(codex.head, version: version))
            },
            Route(
                .get, "/agents/:name/agent-card.json", access: .open, summary: "The A2A card of one agent",
                parameters: [Self.name],
                answers: [APIAnswer(200, "An A2A 1.0 agent card", schema: AgentCard.schema), Self.noSuchAgent]
            ) { request in
                await withAgent(request) { .json(AgentCard(request, listener: address).agent($0)) }
            },
        ]
    }

    private var pausing: [Route] {
        let access = Route.Access.scope(APIToken.Scope.agentsWrite.rawValue)
        let body = APISchema.object(
            [
                ("reason", ["type": "string", "maxLength": .integer(Self.reasonLength)]),
                ("seconds", ["type": "integer", "minimum": 1, "maximum": .integer(Self.longestPauseSeconds)]),
            ], optional: ["reason", "seconds"])
        return [
            Route(
                .post, "/agents/:name/pause", access: access,
                summary: "Stops dispatching to the agent until it is resumed, or for the given seconds",
                bodyLimitBytes: Self.bodyLimitBytes, parameters: [Self.name],
                body: APIBody(schema: body, isRequired: false),
                answers: [APIAnswer(200, "The pause", schema: AgentPause.schema), Self.noSuchAgent]
            ) { try await pause($0) },
            Route(
                .post, "/agents/:name/resume", access: access, summary: "Ends the agent's pause",
                bodyLimitBytes: Self.bodyLimitBytes, parameters: [Self.name],
                answers: [
                    APIAnswer(
                        200, "Whether the agent was paused",
                        schema: APISchema.object([("agent", APISchema.text), ("was_paused", ["type": "boolean"])])),
                    Self.noSuchAgent,
                ]
            ) { try await resume($0) },
        ]
    }

    /// A year.
    private static let longestPauseSeconds = 366 * 86_400

    // MARK: Handlers

    private func list(_ request: Request) async throws -> Reply {
        let filter = AgentListing.Filter(
            role: request.queryValue("type"), chapter: request.queryValue("chapter"),
            capability: request.queryValue("capability"), status: request.queryValue("status"),
            label: request.queryValue("label"))
        let limit = request.queryValue("limit").flatMap { Int($0) } ?? Self.defaultPage
        let head = codex.head
        let page = try await AgentListing.page(
            in: head, ledger: agents, filter: filter, after: request.queryValue("after"),
            limit: min(max(limit, 1), Int(Self.pageLimit.upperBound)), now: time.now)
        return .json([
            "commit": .string(head.commit), "agents": .array(page.agents.map { $0.json(isWhole: request.isShownMore) }),
            "next": page.next.map { .string($0) } ?? .null,
        ])
    }

    private func show(_ request: Request) async throws -> Reply {
        try await withAgent(request) { agent in
            let listing = try await AgentListing.one(agent, ledger: agents, now: time.now)
            return .json(listing.json(isWhole: request.isShownMore))
        }
    }

    private func pause(_ request: Request) async throws -> Reply {
        try await withAgent(request) { agent in
            let body: JSONValue = try request.body.isEmpty ? [:] : JSONParser.parse(request.body)
            guard case .object(let object) = body else { return Self.badBody("a mapping, or nothing") }
            if let unknown = object.keys.first(where: { $0 != "reason" && $0 != "seconds" }) {
                return Self.badBody("a mapping of 'reason' and 'seconds' alone; it has '\(unknown.prefix(40))'")
            }
            let seconds = object["seconds"]?.integer
            guard object["seconds"] == nil || (1...Int64(Self.longestPauseSeconds)).contains(seconds ?? 0) else {
                return Self.badBody("'seconds' as a whole number from 1 to \(Self.longestPauseSeconds)")
            }
            let reason = object["reason"]?.string
            guard object["reason"] == nil || (reason?.unicodeScalars.count).map({ $0 <= Self.reasonLength }) ?? false
            else { return Self.badBody("'reason' as text of at most \(Self.reasonLength) characters") }
            let now = time.now
            let pause = try await agents.pause(
                agent: agent.name, reason: reason, until: seconds.map { now + .seconds($0) },
                actor: Self.actor(request),
                commit: codex.head.commit, now: now)
            return .json(pause.json)
        }
    }

    private func resume(_ request: Request) async throws -> Reply {
        try await withAgent(request) { agent in
            let wasPaused = try await agents.resume(
                agent: agent.name, actor: Self.actor(request), commit: codex.head.commit, now: time.now)
            return .json(["agent": .string(agent.name), "was_paused": .bool(wasPaused)])
        }
    }

    private static let busy = Reply.problem(
        status: 503, title: "Service Unavailable", detail: "too many requests for agents",
        headers: ["retry-after": retryAfterSeconds])

    private static func actor(_ request: Request) -> String { "token:\(request.token ?? "")" }

    private static func badBody(_ expected: String) -> Reply {
        .problem(status: 400, detail: "the body must be \(expected)")
    }

    private func withAgent(_ request: Request, _ body: (AgentManifest) async throws -> Reply) async rethrows -> Reply {
        let name = request.parameters["name"] ?? ""
        if let agent = codex.head.agent(name) { return try await body(agent) }
        let nearest = NearestName.of(name, in: codex.head.agentsByName.map(\.name))
        return .problem(status: 404, title: "No such agent", detail: nearest.map { "did you mean '\($0)'?" })
    }
}
