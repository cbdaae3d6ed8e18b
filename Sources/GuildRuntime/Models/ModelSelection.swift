package import GuildCodex
package import GuildDomain

/// Why no model can be had for an agent.
package struct NoModel: GuildError, Equatable {
    /// The agent that needs a model.
    package let agent: String
    /// The name in its manifest.
    package let wanted: String
    /// The nearest name in the registry.
    package let nearest: String?

    package var kind: ErrorKind { .usage }
    package var message: String { "agent \(agent): there is no model '\(wanted)' in the codex's LLMRegistry" }
    package var hint: String? {
        nearest.map { "did you mean '\($0)'?" } ?? "name one of its providers, or PROVIDER/MODEL"
    }
}

/// The provider entry and the model that an agent's call goes to.
package struct ChosenModel: Sendable, Hashable {
    /// The registry's entry.
    package var entry: ModelProviderManifest
    /// The provider's own name of the model.
    package var model: String

    /// The name under which usage is reported.
    package var label: String { "\(entry.name)/\(model)" }
}

/// Picks the model for an agent from the registry: a name, `PROVIDER/MODEL`, or the best one with the required
/// capabilities.
package enum ModelSelection {
    /// The choice, followed by the registry's fallback chain.
    ///
    /// - Parameter head: its prices apply to models that it has too.
    package static func candidates(
        for agent: AgentManifest, override: String?, in snapshot: CodexSnapshot, pricedBy head: CodexSnapshot
    ) throws(NoModel) -> [ChosenModel] {
        try candidates(for: agent, override: override, in: snapshot).map { chosen in
            let name = chosen.entry.name.lowercased()
            guard let known = head.providers.first(where: { $0.name.lowercased() == name && $0.model == chosen.model })
            else { return chosen }
            var priced = chosen
            priced.entry.prices = known.prices
            return priced
        }
    }

    /// As above, all by one commit.
    package static func candidates(
        for agent: AgentManifest, override: String?, in snapshot: CodexSnapshot
    ) throws(NoModel) -> [ChosenModel] {
        var chosen: [ChosenModel] = []
        switch (override, agent.model) {
        case (let name?, _), (nil, .named(let name)):
            guard let model = model(named: name, in: snapshot) else {
                let known = snapshot.providers.flatMap { [$0.name, "\($0.name)/\($0.model)"] }
                throw NoModel(agent: agent.name, wanted: name, nearest: NearestName.of(name, in: known))
            }
            chosen = [model]
        case (nil, .requires(let capabilities, let prefer, _)):
            let able = snapshot.providers.filter { Set(capabilities).isSubset(of: $0.capabilities) }
            let preferred = prefer.compactMap { name in able.first { $0.name.lowercased() == name.lowercased() } }
            let rest = able.filter { !preferred.contains($0) }.sorted { $0.priority < $1.priority }
            chosen = (preferred + rest).map { ChosenModel(entry: $0, model: $0.model) }
            guard !chosen.isEmpty else {
                throw NoModel(agent: agent.name, wanted: capabilities.joined(separator: "+"), nearest: nil)
            }
        }
        if override == nil {
            chosen += snapshot.fallbackChain.compactMap { model(named: $0, in: snapshot) }.filter {
                !chosen.contains($0)
            }
        }
        return chosen
    }

    private static func model(named name: String, in snapshot: CodexSnapshot) -> ChosenModel? {
        snapshot.provider(named: name).map { ChosenModel(entry: $0, model: $0.model) }
    }
}
