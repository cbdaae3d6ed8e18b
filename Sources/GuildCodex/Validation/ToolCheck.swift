import GuildDomain

/// Checks tool patterns against the operations that there are.
struct ToolCheck {
    let catalogue: OperationCatalogue
    let findings: Findings
    private let connectedSystems: Set<String>
    private let names: [String]
    private let knownSystems: Set<String>

    /// - Parameter connectedSystems: those that a Connector manifest names.
    init(catalogue: OperationCatalogue, connectedSystems: Set<String>, findings: Findings) {
        self.catalogue = catalogue
        self.findings = findings
        self.connectedSystems = connectedSystems
        names = catalogue.operations.map(\.name)
        knownSystems = Set(catalogue.operations.map(\.connector))
    }

    /// A pattern must match an operation, or be of a system that is promised.
    func checkPattern(_ reference: Reference) {
        let glob = Glob(reference.name)
        guard !names.contains(where: { glob.matches($0) }) else { return }
        guard !isPromised(reference) else { return }
        findings.report(
            reference, "no tool matches \(quoted(reference.name))",
            nearestOf: names + knownSystems.sorted().map { $0 + ".*" },
            expected: "a tool of " + knownSystems.sorted().joined(separator: ", "))
    }

    /// Context may only read.
    func checkOperation(_ reference: Reference) {
        if let operation = catalogue[reference.name] {
            guard operation.effect == .write else { return }
            findings.report(reference, "\(reference.name) changes something", expected: "an operation that reads")
        } else if !isPromised(reference) {
            findings.report(reference, "no tool \(quoted(reference.name))", nearestOf: names)
        }
    }

    /// Warns where the system is one whose tools are not there yet.
    private func isPromised(_ reference: Reference) -> Bool {
        let system = String(reference.name.prefix { $0 != "." && $0 != "*" })
        guard !knownSystems.contains(system),
            NotRunYet.toolSystems.contains(system) || connectedSystems.contains(system)
        else { return false }
        findings.report(
            reference, "tools of \(system): checked, but not there in this version", severity: .warning)
        return true
    }

    /// Warns about each pattern whose every tool an earlier one takes.
    func checkReach(of agent: AgentManifest) {
        for (index, rule) in agent.tools.enumerated().dropFirst() {
            let earlier = agent.tools[..<index]
            // A glob that matches the text of another matches whatever that one does.
            let cover = earlier.firstIndex { $0.glob.matches(rule.pattern) }
            let matched = names.filter { rule.glob.matches($0) }
            let isTaken =
                !matched.isEmpty && matched.allSatisfy { name in earlier.contains { $0.glob.matches(name) } }
            guard cover != nil || isTaken else { continue }
            let who = cover.map { "'\(agent.tools[$0].pattern)'" } ?? "earlier patterns"
            findings.add(
                Problem(
                    .warning, at: rule.location, path: "spec.tools[\(index)].pattern",
                    found: "'\(rule.pattern)' is never reached: \(who) above takes all of it"))
        }
    }
}
