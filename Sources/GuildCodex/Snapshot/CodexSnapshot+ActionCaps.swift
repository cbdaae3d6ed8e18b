package import GuildDomain

extension CodexSnapshot {
    /// A cap on the agent's actions: its manifest's, or else its chapter's, or else that of `guild.yaml`, or else the
    /// built-in one.
    package func limit(_ cap: ActionCap, of agent: AgentManifest) -> Limit<Int64> {
        let chapter = agent.chapter.flatMap { self.chapter($0) }
        return agent.resources.actions.limit(cap, in: agent.location)
            ?? chapter.flatMap { $0.actions.limit(cap, in: $0.location) }
            ?? guild.defaults.resources.actions.limit(cap, in: guild.location) ?? Limit(cap.standard, .builtIn)
    }

    /// The caps in force on the agent's actions.
    package func actionCaps(of agent: AgentManifest) -> ActionCaps {
        ActionCaps(
            Dictionary(
                uniqueKeysWithValues: ActionCap.allCases.map { cap in
                    let limit = limit(cap, of: agent)
                    return (cap, ActionCaps.Limit(limit.value, setting: limit.origin.description))
                }))
    }
}
