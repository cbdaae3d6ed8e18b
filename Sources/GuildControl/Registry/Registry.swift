package import GuildCodex
import GuildDomain
package import GuildHTTP
package import GuildLedger

/// Discovery over HTTP: who there is and how they are doing.
package struct Registry: Sendable {
    private let codex: CurrentCodex
    private let ledger: Ledger

    package init(codex: CurrentCodex, ledger: Ledger) {
        self.codex = codex
        self.ledger = ledger
    }

    package var routes: [Route] {
        [
            Route(.get, "/agents", access: .open, summary: "The agents, by type, chapter, capability, status or label")
            {
                try await list($0)
            },
            Route(.get, "/agents/:name", access: .open, summary: "One agent") { try await show($0) },
        ]
    }

    private func list(_ request: Request) async throws -> Reply {
        let filter = AgentListing.Filter(
            role: request.queryValue("type"), chapter: request.queryValue("chapter"),
            capability: request.queryValue("capability"), status: request.queryValue("status"),
            label: request.queryValue("label"))
        let agents = AgentListing.all(in: codex.head, ledger: try await ledger.status(), filter: filter)
        return .json(["commit": .string(codex.head.commit), "agents": .array(agents.map(\.json))])
    }

    private func show(_ request: Request) async throws -> Reply {
        let name = request.parameters["name"] ?? ""
        guard let agent = codex.head.agent(name) else {
            let nearest = NearestName.of(name, in: codex.head.agentsByName.map(\.name))
            return .problem(
                status: 404, title: "No such agent", detail: nearest.map { "did you mean '\($0)'?" })
        }
        let listing = AgentListing.all(
            in: codex.head, ledger: try await ledger.status(), filter: AgentListing.Filter()
        ).first { $0.agent.name == agent.name }
        return listing.map { .json($0.json) } ?? .problem(status: 404, title: "No such agent")
    }
}
