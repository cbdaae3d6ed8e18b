package import GuildCodex
package import GuildDomain
package import GuildLedger

/// An agent as `registry list` and `GET /agents` show it: its manifest and how it is doing.
package struct AgentListing: Sendable {
    /// Paused by a person, degraded as its last three failed, active as it runs, queues or waits, else dormant.
    package enum Status: String, Sendable, CaseIterable { case active, dormant, degraded, paused }

    /// Failures in a row that make an agent degraded.
    package static let degradedAfter = 3

    package let agent: AgentManifest
    package let status: Status
    package let health: AgentHealth

    package var running: Int { count(.awakening, .active, .cooling) }
    package var queued: Int { count(.queued) }
    package var waiting: Int { count(.waiting) }

    /// Which agents to list. Nil fields do not restrict.
    package struct Filter: Sendable {
        package var role: String?
        package var chapter: String?
        package var capability: String?
        package var status: String?
        /// `key=value`, or `key` alone.
        package var label: String?

        package init(
            role: String? = nil, chapter: String? = nil, capability: String? = nil, status: String? = nil,
            label: String? = nil
        ) {
            self.role = role
            self.chapter = chapter
            self.capability = capability
            self.status = status
            self.label = label
        }
    }

    /// A part of a list, in the order of the agents' names.
    package struct Page: Sendable {
        package let agents: [AgentListing]
        /// Name this to go on; nil at the end.
        package let next: String?
    }

    /// The agents of a snapshot that pass, in the order of their names.
    ///
    /// - Parameter ledger: nil where there is none yet: every agent is then dormant.
    package static func all(
        in snapshot: CodexSnapshot, ledger: Ledger?, filter: Filter = Filter(), now: Timestamp
    ) async throws -> [AgentListing] {
        let agents = snapshot.agentsByName.filter { filter.admits($0) }
        return try await listings(of: agents, ledger, now).filter { filter.admits($0.status) }
    }

    package static func one(_ agent: AgentManifest, ledger: Ledger?, now: Timestamp) async throws -> AgentListing {
        AgentListing(
            agent, try await ledger?.health(of: [agent.name], now: now)[agent.name] ?? AgentHealth(agent: agent.name))
    }

    /// At most `limit` of them, those behind the name `after`.
    package static func page(
        in snapshot: CodexSnapshot, ledger: Ledger?, filter: Filter, after: String?, limit: Int, now: Timestamp
    ) async throws -> Page {
        var agents = snapshot.agentsByName.filter { agent in
            filter.admits(agent) && after.map { agent.name > $0.lowercased() } ?? true
        }[...]
        var found: [AgentListing] = []
        // How an agent is doing is asked for page by page, until enough have the wanted status.
        while found.count <= limit, !agents.isEmpty {
            let part = Array(agents.prefix(limit + 1))
            agents = agents.dropFirst(part.count)
            found += try await listings(of: part, ledger, now).filter { filter.admits($0.status) }
        }
        let page = Array(found.prefix(limit))
        return Page(agents: page, next: found.count > limit ? page.last?.agent.name : nil)
    }

    private static func listings(
        of agents: [AgentManifest], _ ledger: Ledger?, _ now: Timestamp
    ) async throws -> [AgentListing] {
        let health = try await ledger?.health(of: agents.map(\.name), now: now) ?? [:]
        return agents.map { AgentListing($0, health[$0.name] ?? AgentHealth(agent: $0.name)) }
    }

    private init(_ agent: AgentManifest, _ health: AgentHealth) {
        self.agent = agent
        self.health = health
        let unfinished = health.byState.contains { state, count in
            count > 0 && InvocationState(rawValue: state)?.isFinal == false
        }
        if health.pause != nil {
            status = .paused
        } else if health.consecutiveFailures >= Self.degradedAfter {
            status = .degraded
        } else {
            status = unfinished ? .active : .dormant
        }
    }

    private func count(_ states: InvocationState...) -> Int {
        states.reduce(0) { $0 + (health.byState[$1.rawValue] ?? 0) }
    }
}

extension AgentListing.Filter {
    fileprivate func admits(_ status: AgentListing.Status) -> Bool {
        self.status.map { $0.lowercased() == status.rawValue } ?? true
    }

    fileprivate func admits(_ agent: AgentManifest) -> Bool {
        func same(_ wanted: String?, _ value: String?) -> Bool {
            wanted == nil || wanted?.lowercased() == value?.lowercased()
        }
        guard same(role, agent.role), same(chapter, agent.chapter) else { return false }
        if let capability = capability?.lowercased(),
            !agent.capabilities.contains(where: { $0.lowercased() == capability })
        {
            return false
        }
        guard let label else { return true }
        let parts = label.split(separator: "=", maxSplits: 1).map(String.init)
        guard let key = parts.first, let value = agent.labels[key] else { return false }
        return parts.count == 1 || parts[1] == value
    }
}
