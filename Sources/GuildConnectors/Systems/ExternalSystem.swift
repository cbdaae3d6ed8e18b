package import GuildDomain

/// One external system: its webhooks and its operations. Each is a folder of GuildConnectors that ends in one such
/// value, and a line of `SystemRegistry.standard`.
package struct ExternalSystem: Sendable {
    /// In lower case: `system:` in manifests, `/webhooks/NAME`, and the part before the dot in its operations.
    package let name: String
    /// The system's own spelling of its name.
    package let title: String
    /// A place and a person of the system, for messages.
    package let example: SystemProfile.Example?
    /// The system's webhooks; nil for one that sends none.
    package let webhooks: (any WebhookSource)?
    /// The system's operations; nil for one that only sends.
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

    /// The facts about the system for the rest of guild.
    package var profile: SystemProfile {
        SystemProfile(
            name, title: title, example: example, operations: connector?.operations.map(\.operation) ?? [],
            webhooks: webhooks?.profile, connection: connector?.connection)
    }
}
