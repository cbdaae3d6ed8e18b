import GuildCodex
import GuildDomain

/// How much each agent that may write does before a person is asked.
struct CapGrants {
    /// Agents that are named of those with the same caps.
    private static let namedAgents = 10
    /// Different caps that are listed.
    private static let listedCaps = 50

    private let snapshot: CodexSnapshot

    init(_ snapshot: CodexSnapshot) { self.snapshot = snapshot }

    /// One for each set of caps, with the agents that have it.
    var lines: [String] {
        let writers = snapshot.agentsByName.filter { agent in
            agent.tools.contains { rule in
                rule.autonomy > .deny && rule.operations.contains { $0.effect == .write }
            }
        }
        let groups = Dictionary(grouping: writers) { snapshot.actionCaps(of: $0) }
            .sorted { ($0.value.first?.name ?? "") < ($1.value.first?.name ?? "") }
        let left = groups.count - Self.listedCaps
        return groups.prefix(Self.listedCaps).map { caps, agents in line(caps, agents.map(\.name)) }
            + (left > 0 ? ["and \(left) more; see `guild registry show AGENT`"] : [])
    }

    private func line(_ caps: ActionCaps, _ agents: [String]) -> String {
        let left = agents.count - Self.namedAgents
        let names = agents.prefix(Self.namedAgents) + (left > 0 ? ["\(left) more"] : [])
        let counts = ActionCap.allCases.map { cap in
            "\(Amount.grouped(caps[cap].count)) \(cap.unit) (\(caps[cap].setting))"
        }
        return "actions before approval is needed: \(counts.joined(separator: ", ")): \(names.joined(separator: ", "))"
    }
}

extension ActionCap {
    fileprivate var unit: String {
        switch self {
        case .perInvocation: "a run"
        case .perHour: "an hour"
        case .perSubjectPerDay: "a subject and day"
        }
    }
}
