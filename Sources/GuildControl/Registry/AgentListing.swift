package import GuildCodex
package import GuildDomain
package import GuildLedger

/// An agent as `registry list` and `GET /agents` show it: its manifest and how it is doing.
package struct AgentListing: Sendable {
    /// Paused by a person; degraded if its last three invocations failed; active if it runs, queues or waits; otherwise
    /// dormant.
    package enum Status: String, Sendable, CaseIterable { case active, dormant, degraded, paused }

    /// Failures in a row that make an agent degraded.
    package static let degradedAfter = AgentLedger.standingOutcomes
    /// The agents whose status one page checks; a page that finds too few names the agent to continue from.
    package static let lookedAtAPage = 500
    /// Invocations of each agent that a page's figures are of; see `AgentHealth.sample`.
    package static let sampleAPage = 100

    /// The agent's manifest.
    package let agent: AgentManifest
    /// The agent's state at a glance.
    package let status: Status
    /// The agent's figures of the last 24 hours.
    package let health: AgentHealth

    /// Invocations that hold a slot.
    package var running: Int { count(.awakening, .active, .cooling) }
    /// Invocations in the queue.
    package var queued: Int { count(.queued) }
    /// Invocations that wait without a slot.
    package var waiting: Int { count(.waiting) }

    /// Which agents to list. Nil fields do not restrict.
    package struct Filter: Sendable {
        /// The wanted `spec.type`.
        package var role: String?
        /// The wanted chapter.
        package var chapter: String?
        /// The wanted capability.
        package var capability: String?
        /// The wanted status.
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
        /// The agents of the page, by name.
        package let agents: [AgentListing]
        /// Name this to continue; nil at the end.
        package let next: String?
    }

    /// The agents of a snapshot that pass, in the order of their names.
    ///
    /// - Parameter ledger: nil if there is no ledger yet: every agent is then dormant.
    package static func all(
        in snapshot: CodexSnapshot, ledger: AgentLedger?, filter: Filter = Filter(), now: Timestamp
    ) async throws -> [AgentListing] {
        let agents = snapshot.agentsByName.filter { filter.admits($0) }
        return try await listings(of: agents, ledger, now).filter { filter.admits($0.status) }
    }

    /// A single agent's listing. A nil ledger means that nothing has run yet.
    package static func one(_ agent: AgentManifest, ledger: AgentLedger?, now: Timestamp) async throws -> AgentListing {
        AgentListing(
            agent,
            try await ledger?.health(of: [agent.name], now: now)[agent.name] ?? AgentHealth(agent: agent.name))
    }

    /// At most `limit` of them, those after the name `after`. With a status filter there may be fewer, although more
    /// follow.
    package static func page(
        in snapshot: CodexSnapshot, ledger: AgentLedger?, filter: Filter, after: String?, limit: Int, now: Timestamp
    ) async throws -> Page {
        let agents = snapshot.agentsByName.filter { agent in
            filter.admits(agent) && after.map { agent.name > $0.lowercased() } ?? true
        }
        var found = agents
        var rest: String?
        if filter.status != nil {
            let looked = Array(agents.prefix(lookedAtAPage))
            let standings = try await ledger?.standings(of: looked.map(\.name), now: now) ?? [:]
            found = looked.filter { filter.admits(Status(standings[$0.name] ?? AgentStanding())) }
            rest = looked.count < agents.count ? looked.last?.name : nil
        }
        let page = Array(found.prefix(limit))
        return Page(
            agents: try await listings(of: page, ledger, sample: sampleAPage, now),
            next: found.count > limit ? page.last?.name : rest)
    }

    private static func listings(
        of agents: [AgentManifest], _ ledger: AgentLedger?, sample: Int = AgentHealth.sample, _ now: Timestamp
    ) async throws -> [AgentListing] {
        let health = try await ledger?.health(of: agents.map(\.name), sample: sample, now: now) ?? [:]
        return agents.map { AgentListing($0, health[$0.name] ?? AgentHealth(agent: $0.name)) }
    }

    private init(_ agent: AgentManifest, _ health: AgentHealth) {
        self.agent = agent
        self.health = health
        var standing = AgentStanding()
        standing.isPaused = health.pause != nil
        standing.hasUnfinished = !health.byState.isEmpty
        standing.consecutiveFailures = health.consecutiveFailures
        status = Status(standing)
    }

    private func count(_ states: InvocationState...) -> Int {
        states.reduce(0) { $0 + (health.byState[$1.rawValue] ?? 0) }
    }
}

extension AgentListing.Status {
    fileprivate init(_ standing: AgentStanding) {
        if standing.isPaused {
            self = .paused
        } else if standing.consecutiveFailures >= AgentListing.degradedAfter {
            self = .degraded
        } else {
            self = standing.hasUnfinished ? .active : .dormant
        }
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
