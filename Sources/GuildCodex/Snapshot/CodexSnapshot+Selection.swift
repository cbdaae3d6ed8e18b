package import GuildDomain

extension CodexSnapshot {
    /// The endpoint that a path names: by its name, or else the system's only or default one.
    package func endpoint(system: String, name: String?) -> WebhookEndpointManifest? {
        let candidates = endpoints.filter { $0.system == system }
        if let name { return candidates.first { $0.name == name.lowercased() } }
        return candidates.count == 1 ? candidates.first : candidates.first { $0.isDefault }
    }

    /// The first connector of an external system.
    package func connector(system: String) -> ConnectorManifest? { connectors.first { $0.system == system } }

    /// The limit of concurrent runs of all agents: the lowest of the SchedulingPolicies; nil if none sets one.
    package var concurrencyLimit: Int? { scheduling.compactMap(\.maxConcurrent).min() }

    /// The refusal of an agent's name that the codex does not have, with the nearest name.
    package func unknownAgent(_ name: String) -> Failure {
        let names = agentsByName.map(\.name)
        return Failure(
            .usage, "there is no agent '\(name)'",
            hint: NearestName.of(name, in: names).map { "did you mean '\($0)'?" }
                ?? "`guild registry list` shows them: \(names.prefix(20).joined(separator: ", "))")
    }

    /// The refusal of a chapter's name that the codex does not have, with the nearest name.
    package func unknownChapter(_ name: String) -> Failure {
        let names = chapters.values.map(\.name).sorted()
        return Failure(
            .usage, "there is no chapter '\(name)'",
            hint: NearestName.of(name, in: names).map { "did you mean '\($0)'?" }
                ?? (names.isEmpty ? "this codex has none" : "the chapters are \(names.joined(separator: ", "))"))
    }
}
