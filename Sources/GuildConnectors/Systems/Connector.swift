package import GuildCodex
package import GuildDomain
package import GuildTransport

/// The operations of one external system, and their rules, which hold whether or not anyone is connected there.
package protocol Connector: Sendable {
    /// Each operation with its rules: its subject, the events that it causes, and the effect of a repetition.
    var operations: [OperationRules] { get }

    /// How it proves itself.
    var connection: ConnectionProfile { get }

    /// The subject of the operation, in the system's canonical spelling: writes with one subject are performed in
    /// order.
    func subject(of operation: String, arguments: JSONValue) -> String?

    /// The container that a subject lies in, in the one spelling of the system.
    func container(ofSubject subject: String) -> String

    /// The fields that a call carries, by the names that policies use.
    func carried(by operation: Operation, arguments: JSONValue) -> CarriedFields

    /// Whether a call has a place that a connection's `confirm` would compare with the event's.
    func hasPlace(_ operation: String, arguments: JSONValue) -> Bool

    /// The guild's own account, from the codex's name for it and the system's answer.
    func identity(named name: String, told: SystemIdentity?) -> SystemIdentity

    /// A connection as the codex sets it up; nil for a codex without settings.
    ///
    /// - Throws: a failure of kind `invalidCodex` if the manifest asks for something that the connector cannot do.
    func connect(
        _ manifest: ConnectorManifest?, by means: ConnectionMeans
    ) throws(Failure) -> any OperationPerformer
}

/// The services that connections share.
package struct ConnectionMeans: Sendable {
    /// The client for HTTP requests.
    package let http: HTTPClient
    /// Looks up the connections' secrets.
    package let secrets: SecretResolver
    /// The clock of the connections.
    package let time: any TimeSource

    package init(http: HTTPClient, secrets: SecretResolver, time: any TimeSource) {
        self.http = http
        self.secrets = secrets
        self.time = time
    }
}

extension Connector {
    package func carried(by operation: Operation, arguments: JSONValue) -> CarriedFields {
        CarriedFields(operation.fields, of: arguments)
    }

    /// Most systems never give a name to something else later.
    package func hasPlace(_ operation: String, arguments: JSONValue) -> Bool { false }

    /// The account that the system has confirmed under the codex's name.
    package func identity(named name: String, told: SystemIdentity?) -> SystemIdentity {
        told?.name == name ? told ?? SystemIdentity(name: name) : SystemIdentity(name: name)
    }
}
