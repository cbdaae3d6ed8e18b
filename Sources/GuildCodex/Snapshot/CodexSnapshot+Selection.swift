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
}
