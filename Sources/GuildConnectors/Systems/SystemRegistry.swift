package import GuildCodex
package import GuildDomain

/// The external systems that this build speaks with. Nothing outside a system's own folder names it but its line here.
package struct SystemRegistry: Sendable {
    package static let standard = SystemRegistry([
        .gitHub,
        .standardWebhooks,
    ])

    /// In the order of their names.
    package let systems: [ExternalSystem]
    private let byName: [String: ExternalSystem]

    /// Of two systems with one name the first counts.
    package init(_ systems: [ExternalSystem]) {
        byName = Dictionary(systems.map { ($0.name, $0) }) { first, _ in first }
        self.systems = byName.values.sorted { $0.name < $1.name }
    }

    package subscript(name: String) -> ExternalSystem? { byName[name] }

    /// Those that send webhooks.
    package var senders: [(system: ExternalSystem, source: any WebhookSource)] {
        systems.compactMap { system in system.webhooks.map { (system, $0) } }
    }

    /// Those that agents can act in.
    package var connected: [(system: ExternalSystem, connector: any Connector)] {
        systems.compactMap { system in system.connector.map { (system, $0) } }
    }

    /// Who takes the deliveries of an endpoint: the source of its system, else one that verifies its scheme for any sender.
    package func source(of endpoint: WebhookEndpointManifest) -> (any WebhookSource)? {
        if let own = byName[endpoint.system]?.webhooks { return own }
        guard endpoint.authentication.scheme != .system, !SystemCatalogue.reserved.contains(endpoint.system) else {
            return nil
        }
        return senders.first { $0.source.schemes.contains(endpoint.authentication.scheme) }?.source
    }

    /// What the codex's validator checks manifests against.
    ///
    /// - Parameter tools: the executor's own operations.
    package func catalogue(tools: [Operation] = []) -> SystemCatalogue {
        SystemCatalogue(systems.map(\.profile), tools: tools)
    }
}
