package import GuildCodex
package import GuildDomain
package import GuildLedger

/// An agent as `registry list` and `GET /agents` show it: its manifest and how it is doing.
package struct AgentListing: Sendable {
    /// Dormant has nothing to do, degraded failed its last three, active runs or waits.
    package enum Status: String, Sendable, CaseIterable { case active, dormant, degraded }

    /// Failures in a row that make an agent degraded.
    package static let degradedAfter = 3

    package let agent: AgentManifest
    package let status: Status
    package let running: Int
    package let queued: Int
    package let waiting: Int
    package let lastEndedAt: Timestamp?
    package let lastState: String?

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

    /// The agents of a snapshot, in the order of their names.
    ///
    /// - Parameter ledger: nil where there is none yet: every agent is then dormant.
    package static func all(in snapshot: CodexSnapshot, ledger: LedgerStatus?, filter: Filter) -> [AgentListing] {
        let states = Dictionary((ledger?.agents ?? []).map { ($0.name, $0) }) { first, _ in first }
        return snapshot.agentsByName.map { AgentListing($0, states[$0.name]) }.filter { $0.passes(filter) }
    }

    private init(_ agent: AgentManifest, _ state: LedgerStatus.Agent?) {
        func count(_ states: InvocationState...) -> Int {
            states.reduce(0) { $0 + (state?.byState[$1.rawValue] ?? 0) }
        }
        self.agent = agent
        running = count(.awakening, .active, .cooling)
        queued = count(.queued)
        waiting = count(.waiting)
        lastEndedAt = state?.lastEndedAt
        lastState = state?.lastState
        let failures = state?.consecutiveFailures ?? 0
        status =
            failures >= Self.degradedAfter ? .degraded : (running + queued + waiting > 0 ? .active : .dormant)
    }

    private func passes(_ filter: Filter) -> Bool {
        func same(_ wanted: String?, _ value: String?) -> Bool {
            wanted == nil || wanted?.lowercased() == value?.lowercased()
        }
        guard same(filter.role, agent.role), same(filter.chapter, agent.chapter), same(filter.status, status.rawValue)
        else { return false }
        if let capability = filter.capability?.lowercased(),
            !agent.capabilities.contains(where: { $0.lowercased() == capability })
        {
            return false
        }
        guard let label = filter.label else { return true }
        let parts = label.split(separator: "=", maxSplits: 1).map(String.init)
        guard let key = parts.first, let value = agent.labels[key] else { return false }
        return parts.count == 1 || parts[1] == value
    }

    package var json: JSONValue {
        [
            "name": .string(agent.name), "type": .string(agent.role),
            "version": agent.version.map { .string("\($0)") } ?? .null,
            "chapter": agent.chapter.map { .string($0) } ?? .null,
            "description": agent.description.map { .string($0) } ?? .null, "status": .string(status.rawValue),
            "capabilities": .array(agent.capabilities.map { .string($0) }),
            "labels": .object(JSONObject(agent.labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            "running": .integer(running), "queued": .integer(queued), "waiting": .integer(waiting),
            "last_state": lastState.map { .string($0) } ?? .null,
            "last_ended": lastEndedAt.map { .string($0.rfc3339) } ?? .null,
        ]
    }
}
