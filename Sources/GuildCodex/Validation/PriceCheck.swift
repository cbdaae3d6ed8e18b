import GuildDomain

/// Warns if a limit on money applies to a model whose prices are unknown: each of its calls is refused.
struct PriceCheck {
    private let codex: DecodedCodex
    private let providers: [ModelProviderManifest]
    private let chapters: [String: ChapterManifest]
    private let findings: Findings

    init(codex: DecodedCodex, findings: Findings) {
        self.codex = codex
        providers = codex.registries.flatMap(\.providers)
        chapters = Dictionary(codex.chapters.map { ($0.name.lowercased(), $0) }) { first, _ in first }
        self.findings = findings
    }

    func run() {
        guard let guild = codex.guilds.first else { return }
        var reported: Set<String> = []
        // Many agents choose alike.
        var known: [ModelChoice: [ModelProviderManifest]] = [:]
        for agent in codex.agents {
            guard let limit = limit(on: agent, guild) else { continue }
            let unpriced = known[agent.model] ?? models(of: agent).filter { $0.prices == nil }
            known[agent.model] = unpriced
            for provider in unpriced where reported.insert("\(provider.name)/\(provider.model)").inserted {
                report(provider, agent, limit)
            }
        }
    }

    /// A `provider/model` that the registry lacks has no entry of its own: then the agent is the place.
    private func report(_ provider: ModelProviderManifest, _ agent: AgentManifest, _ limit: String) {
        let isListed = providers.contains { $0.name == provider.name && $0.model == provider.model }
        findings.add(
            Problem(
                .warning, at: isListed ? provider.location : agent.location,
                path: isListed ? "spec.providers" : "spec.model",
                found:
                    "model \(quoted(isListed ? provider.name : provider.name + "/" + provider.model)) has no prices, "
                    + "and \(limit) limits the cost of agent '\(agent.name)': every call is refused",
                expected: "`cost_per_1k_input` and `cost_per_1k_output`"))
    }

    /// The models that the agent's calls may go to, but for fallbacks.
    private func models(of agent: AgentManifest) -> [ModelProviderManifest] {
        switch agent.model {
        case .named(let name): providers.provider(named: name).map { [$0] } ?? []
        case .requires(let capabilities, _, _):
            providers.filter { Set(capabilities).isSubset(of: $0.capabilities) }
        }
    }

    /// The first setting that limits the agent's cost.
    private func limit(on agent: AgentManifest, _ guild: GuildManifest) -> String? {
        if agent.resources.costBudget.isLimit { return "its own costBudget" }
        if guild.defaults.resources.costBudget.isLimit { return "`defaults.costBudget` of guild.yaml" }
        if let name = agent.chapter?.lowercased(), let chapter = chapters[name], chapter.costBudget.isLimit {
            return "the costBudget of chapter '\(chapter.name)'"
        }
        return guild.costBudget.isLimit ? "`costBudget` of guild.yaml" : nil
    }
}

extension CostBudget {
    fileprivate var isLimit: Bool {
        [perInvocation, perMinute, perHour, perDay, perMonth].contains { $0 != nil }
    }
}
