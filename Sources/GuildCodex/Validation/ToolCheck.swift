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

    /// Warns if the tools of the system are not available yet.
    private func isPromised(_ reference: Reference) -> Bool {
        let system = String(reference.name.prefix { $0 != "." && $0 != "*" })
        guard !knownSystems.contains(system),
            NotRunYet.toolSystems.contains(system) || connectedSystems.contains(system)
        else { return false }
        findings.report(
            reference, "tools of \(system): not available in this version", severity: .warning)
        return true
    }

    /// Warns about each rule whose every tool earlier ones take wherever it holds.
    func checkReach(of agent: AgentManifest) {
        for (index, rule) in agent.tools.enumerated().dropFirst() {
            let matched = catalogue.operations.filter { rule.glob.matches($0.name) }
            // A denial that forbids nothing that a later rule would allow adds nothing if earlier ones don't hold.
            let isMoot =
                rule.autonomy == .deny
                && !agent.tools[(index + 1)...].contains { later in
                    later.autonomy > .deny && matched.contains { later.glob.matches($0.name) }
                }
            let earlier = agent.tools[..<index]
            // A glob that matches another glob's text matches everything that the other one matches.
            let cover = earlier.first { (isMoot || $0.scope.covers(rule.scope)) && $0.glob.matches(rule.pattern) }
            let isTaken =
                !matched.isEmpty
                && matched.allSatisfy { operation in
                    earlier.contains {
                        $0.glob.matches(operation.name)
                            && (isMoot || operation.reach == .everywhere || $0.scope.covers(rule.scope))
                    }
                }
            guard cover != nil || isTaken else { continue }
            let who = cover.map { "'\($0.pattern)'" } ?? "earlier patterns"
            findings.add(
                Problem(
                    .warning, at: rule.location, path: rule.path + ".pattern",
                    found: "'\(rule.pattern)' is never reached: \(who) above matches everything"))
        }
    }

    /// A pattern in `on:` must be able to match a container of some system that the rule's tools are of.
    func checkScopes(of agent: AgentManifest) {
        for rule in agent.tools {
            checkIdleScope(of: rule)
            guard case .patterns(let patterns) = rule.scope else { continue }
            let forms = forms(of: rule)
            for (place, pattern) in patterns.enumerated() {
                let path = "\(rule.path).on[\(place)]"
                let location =
                    rule.patternLocations.indices.contains(place) ? rule.patternLocations[place] : rule.location
                if let system = pattern.system, !isKnown(system) {
                    report(unknown: system, at: location, path: path)
                    continue
                }
                let fitting = forms.filter { pattern.system == nil || $0.system == pattern.system }
                if fitting.isEmpty, !forms.isEmpty {
                    findings.add(
                        Problem(
                            .error, at: location, path: path,
                            found: "\(quoted(pattern.description)), but '\(rule.pattern)' has no tool of that system"))
                } else if !fitting.isEmpty, !fitting.contains(where: { $0.form.accepts(pattern: pattern.name) }) {
                    let shown = Set(fitting.map(\.form.shown)).sorted().joined(separator: " or ")
                    let isWord = ToolScope.words.contains(pattern.name)
                    findings.add(
                        Problem(
                            .error, at: location, path: path, found: "found \(quoted(pattern.description))",
                            expected: isWord
                                ? "\(shown), or `on: \(pattern.name)` without brackets"
                                : "\(shown); * matches any sequence of characters"))
                }
            }
        }
    }

    /// Warns about an `on:` of tools that are not bound to the run's containers.
    private func checkIdleScope(of rule: ToolRule) {
        guard let location = rule.scopeLocation else { return }
        let matched = catalogue.operations.filter { rule.glob.matches($0.name) }
        guard !matched.isEmpty, matched.allSatisfy({ $0.reach == .everywhere }) else { return }
        findings.add(
            Problem(
                .warning, at: location, path: rule.path + ".on",
                found: "`on` changes nothing: \(rule.pattern) reaches the same targets wherever the agent is called",
                expected: "no `on`"))
    }

    /// Warns about each rule that applies only in the run's containers, if only schedules call the agent and they name
    /// no container of the system.
    func checkPlaces(of agent: AgentManifest) {
        let schedules = agent.triggers.compactMap(\.cron)
        guard !schedules.isEmpty, schedules.count == agent.triggers.count else { return }
        let called = Set(schedules.flatMap(\.containers).map(\.system))
        for rule in agent.tools where rule.autonomy > .deny && (rule.scope == .container || rule.scope == .subject) {
            let matched = catalogue.operations.filter { rule.glob.matches($0.name) }
            let forms = forms(of: rule)
            // A schedule's event has no subject in another system.
            let reached = rule.scope == .subject ? [] : called
            guard !forms.isEmpty, forms.count == matched.count, !forms.contains(where: { reached.contains($0.system) })
            else { continue }
            let form = forms[0]
            let atTrigger = rule.scope == .subject ? "" : ", or `on: \(form.system):\(form.form.shown)` at a trigger"
            findings.add(
                Problem(
                    .warning, at: rule.location, path: rule.path,
                    found:
                        "'\(rule.pattern)' applies only \(rule.scope.text), but only schedules call the agent, with no container in "
                        + form.system,
                    expected: "`on: [\(form.form.shown)]` here" + atTrigger))
        }
    }

    /// The containers in the `on:` of cron triggers.
    func checkContainers(of agent: AgentManifest) {
        for setting in agent.triggers.compactMap(\.cron).flatMap(\.on) {
            let container = setting.container
            guard isKnown(container.system) else {
                report(unknown: container.system, at: setting.location, path: setting.path)
                continue
            }
            guard knownSystems.contains(container.system) else {
                findings.add(
                    Problem(
                        .warning, at: setting.location, path: setting.path,
                        found: "\(quoted(container.description)), but this version has no tools of \(container.system)",
                        expected: "a container of " + catalogue.systems.joined(separator: ", ")))
                continue
            }
            let forms = catalogue.forms(in: container.system)
            guard !forms.isEmpty, !forms.contains(where: { $0.canonical(container.name) != nil }) else { continue }
            findings.add(
                Problem(
                    .error, at: setting.location, path: setting.path, found: "found \(quoted(container.description))",
                    expected: "\(container.system):" + forms.map(\.shown).joined(separator: " or ")))
        }
    }

    private func forms(of rule: ToolRule) -> [(system: String, form: ContainerForm)] {
        catalogue.operations.filter { rule.glob.matches($0.name) }.compactMap { operation in
            operation.reach.form.map { (operation.connector, $0) }
        }
    }

    private func isKnown(_ system: String) -> Bool {
        knownSystems.contains(system) || connectedSystems.contains(system) || NotRunYet.toolSystems.contains(system)
    }

    private func report(unknown system: String, at location: SourceLocation, path: String) {
        let systems = catalogue.systems
        let suggestion = findings.nearest(to: system, in: systems)
        findings.add(
            Problem(
                .error, at: location, path: path, found: "unknown system \(quoted(system))",
                expected: suggestion == nil ? "one of " + systems.joined(separator: ", ") : nil, suggestion: suggestion)
        )
    }
}
