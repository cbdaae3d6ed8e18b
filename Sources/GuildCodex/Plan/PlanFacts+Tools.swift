import GuildDomain

/// The permissions of an agent for each operation, by place: one fact for each place that its rules distinguish, so
/// that a wider `on:` is a new fact.
extension PlanFacts {
    mutating func addTools(of agent: AgentManifest, _ subject: String) {
        for operation in operations { add(operation.name, agent.rules(for: operation), subject) }
        // Patterns for tools that are not known here.
        for rule in agent.tools where !operations.contains(where: { rule.glob.matches($0.name) }) {
            add(rule.pattern, [rule], subject)
        }
    }

    /// - Parameter rules: those that match the tool, in order.
    private mutating func add(_ tool: String, _ rules: [ToolRule], _ subject: String) {
        let elsewhere = Self.decided(rules) { $0 == .any }
        let home = Self.decided(rules) { $0.covers(.container) }
        let caller = Self.decided(rules) { $0.covers(.subject) }
        if home != .deny { allow(tool, home, subject) }
        if caller != home { allow(tool, caller, subject, on: .subject, insteadOf: home) }
        if elsewhere != .deny { allow(tool, elsewhere, subject, on: .any) }
        for pattern in rules.flatMap(\.scope.list) {
            let there = Self.decided(rules) { $0.covers(.patterns([pattern])) }
            guard there != elsewhere else { continue }
            allow(tool, there, subject, on: .patterns([pattern]), insteadOf: elsewhere)
        }
    }

    /// The decision of the first rule that applies in a place.
    private static func decided(_ rules: [ToolRule], _ holds: (ToolScope) -> Bool) -> Autonomy {
        rules.first { holds($0.scope) }?.autonomy ?? .deny
    }

    /// - Parameter wider: the decision that applies there without this fact.
    private mutating func allow(
        _ tool: String, _ autonomy: Autonomy, _ subject: String, on scope: ToolScope? = nil,
        insteadOf wider: Autonomy = .deny
    ) {
        say(
            .tools, subject, scope.map { "\(tool) on \($0)" } ?? tool, String(autonomy.rawValue),
            shown: "\(autonomy.rawValue), \(autonomy.meaning)",
            order: .rank(Int64(autonomy.rawValue), absent: Int64(wider.rawValue)))
    }
}

extension ToolScope {
    /// The patterns of a list.
    var list: [ContainerPattern] { if case .patterns(let patterns) = self { patterns } else { [] } }
}
