/// The facts about an external system that the rest of guild needs without knowing its connector: a value, made by
/// GuildConnectors and handed to the codex's validator by Citadel.
package struct SystemProfile: Sendable, Hashable {
    /// How messages show a place and a person of the system.
    package struct Example: Sendable, Hashable {
        /// A container, as `OWNER/NAME`.
        package let container: String
        /// The id of a person there.
        package let sender: String

        package init(container: String, sender: String) {
            self.container = container
            self.sender = sender
        }
    }

    /// In lower case: the name in `system:` of a manifest and `source:` of a trigger.
    package let name: String
    /// The system's own spelling of its name.
    package let title: String
    /// A place and a person of the system, for messages.
    package let example: Example?
    /// The operations of agents there; empty for a system that only sends.
    package let operations: [Operation]
    /// Nil for a system that sends no webhooks.
    package let webhooks: WebhookProfile?
    /// Nil for a system that only sends.
    package let connection: ConnectionProfile?

    package init(
        _ name: String, title: String, example: Example? = nil, operations: [Operation] = [],
        webhooks: WebhookProfile? = nil, connection: ConnectionProfile? = nil
    ) {
        self.name = name
        self.title = title
        self.example = example
        self.operations = operations
        self.webhooks = webhooks
        self.connection = connection
    }
}

/// The limits and settings of a webhook source, and the types of its events.
package struct WebhookProfile: Sendable, Hashable {
    /// The values of `authentication.type` that it verifies; `system` is its own scheme.
    package let schemes: Set<String>
    /// The keys of `authentication` that it obeys, beside `type` and `secret_refs`.
    package let settings: Set<String>
    /// The size of the largest body if neither the endpoint nor the guild sets one; nil takes the guild's `bodyLimit`.
    package let bodyLimitBytes: Int?
    /// Every type that the sender documents; empty if it leaves the types to its users.
    package let eventTypes: [EventTypeProfile]
    /// Nil if the sender's payloads do not name who caused an event.
    package let senders: SenderProfile?

    package init(
        schemes: Set<String>, settings: Set<String> = [], bodyLimitBytes: Int? = nil,
        eventTypes: [EventTypeProfile] = [], senders: SenderProfile? = nil
    ) {
        self.schemes = schemes
        self.settings = settings
        self.bodyLimitBytes = bodyLimitBytes
        self.eventTypes = eventTypes
        self.senders = senders
    }
}

/// One type of a sender's events.
package struct EventTypeProfile: Sendable, Hashable {
    /// The first part of `type`: the sender's own event, without an action.
    package let name: String
    /// Members of its payloads that people match on.
    package let fields: [String]
    /// Whether an action follows the name in `type`: `issues.opened`.
    package let hasAction: Bool
    /// Every action that the sender documents; empty if they are not known.
    package let actions: [String]
    /// The values of `guildevent` that its events can have.
    package let guildEvents: [String]

    package init(
        _ name: String, fields: [String] = [], hasAction: Bool = false, actions: [String] = [],
        guildEvents: [String] = []
    ) {
        self.name = name
        self.fields = fields
        self.hasAction = hasAction
        self.actions = actions
        self.guildEvents = guildEvents
    }

    /// Every documented value of `type`.
    package var types: [String] { hasAction ? actions.map { "\(name).\($0)" } : [name] }
}

/// Facts about the people and bots that cause events in a system.
package struct SenderProfile: Sendable, Hashable {
    /// The types of the events that anyone with an account can cause, in both their spellings.
    package let openEvents: [String]
    /// Whether an account's immutable id is a whole number from 1.
    package let hasNumericIDs: Bool

    package init(openEvents: [String], hasNumericIDs: Bool) {
        self.openEvents = openEvents
        self.hasNumericIDs = hasNumericIDs
    }
}

/// How a connector proves itself to its system.
package struct ConnectionProfile: Sendable, Hashable {
    /// The values of `auth.type` that the connector uses.
    package let schemes: [AuthenticationScheme]
    /// Those that a manifest may name although the connector does not use them yet.
    package let promised: [AuthenticationScheme]

    package init(schemes: [AuthenticationScheme], promised: [AuthenticationScheme] = []) {
        self.schemes = schemes
        self.promised = promised
    }
}

/// One way of authentication in a Connector manifest.
package struct AuthenticationScheme: Sendable, Hashable {
    /// The value of `auth.type`.
    package let name: String
    /// For people: `bearer token`.
    package let title: String
    /// Keys that it needs beside `secret_ref`.
    package let requiredKeys: [String]

    package init(_ name: String, title: String, requiredKeys: [String] = []) {
        self.name = name
        self.title = title
        self.requiredKeys = requiredKeys
    }
}
