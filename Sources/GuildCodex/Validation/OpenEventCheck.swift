import GuildDomain

/// Warns if strangers can start an agent and nothing limits the organisation's spending.
struct OpenEventCheck {
    let codex: DecodedCodex
    /// As `SystemCatalogue` has them.
    let openEvents: [String: [String]]
    let findings: Findings

    func run() {
        guard let guild = codex.guilds.first, guild.manaPool.perDay == nil, guild.manaPool.perMonth == nil,
            let (listener, event) = firstListener()
        else { return }
        findings.add(
            Problem(
                .warning, at: guild.location, path: "spec.manaPool",
                found: "no manaPool, and \(listener) listens to \(event), which anyone with an account can cause",
                expected: "`manaPool: { perDay: … }`, because strangers can trigger spending"))
    }

    /// The first listener, and its event.
    private func firstListener() -> (String, String)? {
        for agent in codex.agents {
            for trigger in agent.triggers where trigger.kind != .manual && trigger.cron == nil {
                if let event = open(trigger.source, trigger.events) { return ("agent '\(agent.name)'", event) }
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
        for (system, names) in openEvents.sorted(by: { $0.key < $1.key }) {
            guard source == nil || source?.lowercased() == system else { continue }
            if let name = names.first(where: { name in events.isEmpty || events.contains { $0.matches(name) } }) {
                return name
            }
        }
        return nil
    }
}
