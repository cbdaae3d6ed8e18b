import GuildDomain

/// Checks `dependencies.requires`: that the versions fit and that nothing requires itself.
struct RequirementCheck {
    let agents: [AgentManifest]
    let findings: Findings

    func run() {
        // Only agents with requirements can be wrong, or part of a circle.
        let requiring = agents.filter { !$0.dependencies.requires.isEmpty }
        guard !requiring.isEmpty else { return }
        let byName = Dictionary(agents.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        for agent in requiring {
            for requirement in agent.dependencies.requires { checkVersion(requirement, byName) }
        }
        reportCycles(byName)
    }

    private func checkVersion(
        _ requirement: AgentDependencies.Requirement, _ byName: [String: AgentManifest]
    ) {
        let wanted = requirement.version
        guard wanted.range != nil, let agent = byName[requirement.agent.lowercased()] else { return }
        if let version = agent.version, wanted.accepts(version) { return }
        findings.add(
            Problem(
                .error, at: requirement.location, path: requirement.path,
                found: "\(agent.name) is at \(agent.version.map(\.description) ?? "no version")",
                expected: "\(wanted)"))
    }

    /// Walks with a stack of its own: a chain may be as long as the codex has agents.
    private func reportCycles(_ byName: [String: AgentManifest]) {
        var finished: Set<String> = []
        for start in agents.map({ $0.name.lowercased() }) where !finished.contains(start) {
            var trail: [(name: String, next: Int)] = [(start, 0)]
            while let (name, next) = trail.last {
                let requirements = byName[name]?.dependencies.requires ?? []
                guard next < requirements.count else {
                    finished.insert(name)
                    trail.removeLast()
                    continue
                }
                trail[trail.count - 1].next += 1
                let wanted = requirements[next].agent.lowercased()
                if let first = trail.firstIndex(where: { $0.name == wanted }) {
                    report(trail[first...].map(\.name) + [wanted], at: requirements[next].location)
                } else if !finished.contains(wanted), byName[wanted] != nil {
                    trail.append((wanted, 0))
                }
            }
        }
    }

    private func report(_ cycle: [String], at location: SourceLocation) {
        findings.add(
            Problem(
                .error, at: location, path: "spec.dependencies.requires",
                found: "a circle: " + cycle.joined(separator: " requires "), expected: "no agent that requires itself"))
    }
}
