import GuildDomain

/// Warns if nothing limits the organisation's spending, above all if strangers can start an agent.
struct OpenEventCheck {
    private let codex: DecodedCodex
    private let systems: [(name: String, events: [String])]
    private let findings: Findings

    /// - Parameter openEvents: as `SystemCatalogue` has them.
    init(codex: DecodedCodex, openEvents: [String: [String]], findings: Findings) {
        self.codex = codex
        systems = openEvents.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        self.findings = findings
    }

    func run() {
        guard let guild = codex.guilds.first, guild.manaPool.perDay == nil, guild.manaPool.perMonth == nil,
            !codex.agents.isEmpty
        else { return }
        guard let (listener, event) = firstListener() else {
            findings.add(
                Problem(
                    .warning, at: guild.location, path: "spec.manaPool",
                    found: "no manaPool: nothing limits the tokens of all agents together",
                    expected: "`manaPool: { perDay: … }`"))
            return
        }
        findings.add(
            Problem(
                .warning, at: guild.location, path: "spec.manaPool",
                found: "no manaPool, and \(listener) listens to \(event), which anyone with an account can cause",
                expected: "`manaPool: { perDay: … }`, because strangers can trigger spending"))
    }

    /// The first listener, and its event.
    private func firstListener() -> (String, String)? {
        for agent in codex.agents {
            // By index: a trigger is large to copy, and a codex may have ten thousand.
            let triggers = agent.triggers
            for index in triggers.indices where triggers[index].kind != .manual && triggers[index].cron == nil {
                let event = open(triggers[index].source, triggers[index].events)
                if let event { return ("agent '\(agent.name)'", event) }
            }
        }
        for policy in codex.routing {
            for rule in policy.rules where !rule.agents.isEmpty {
                if let event = open(rule.source, rule.events) { return ("a rule of '\(policy.name)'", event) }
            }
        }
        for endpoint in codex.endpoints {
            for mapping in endpoint.eventMapping where mapping.targetAgent != nil {
                let events = mapping.sourceEvent.map { [$0] } ?? []
                if let event = open(endpoint.system, events) { return ("endpoint '\(endpoint.name)'", event) }
            }
        }
        return nil
    }

    /// An open event that these match; no pattern matches any.
    private func open(_ source: String?, _ events: [Glob]) -> String? {
        for (system, names) in systems {
            guard source == nil || source?.lowercased() == system else { continue }
            if let name = names.first(where: { name in events.isEmpty || events.contains { $0.matches(name) } }) {
                return name
            }
        }
        return nil
    }
}
