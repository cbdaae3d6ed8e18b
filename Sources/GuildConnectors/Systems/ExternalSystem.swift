package import GuildDomain

/// One external system: what it sends us, and what we can do there. Each is a folder of GuildConnectors that ends in one
/// such value, and a line of `SystemRegistry.standard`.
package struct ExternalSystem: Sendable {
    /// In lower case: `system:` in manifests, `/webhooks/NAME`, and what stands before the dot in its operations.
    package let name: String
    /// The system's own spelling of its name.
    package let title: String
    package let example: SystemProfile.Example?
    package let webhooks: (any WebhookSource)?
    package let connector: (any Connector)?

    package init(
        _ name: String, title: String, example: SystemProfile.Example? = nil, webhooks: (any WebhookSource)? = nil,
        connector: (any Connector)? = nil
    ) {
        self.name = name
        self.title = title
        self.example = example
        self.webhooks = webhooks
        self.connector = connector
    }

    /// What the rest of guild must know of it.
    package var profile: SystemProfile {
        SystemProfile(
            name, title: title, example: example, operations: connector?.operations.map(\.operation) ?? [],
            webhooks: webhooks?.profile, connection: connector?.connection)
    }
}
