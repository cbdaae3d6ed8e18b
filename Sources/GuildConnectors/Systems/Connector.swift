package import GuildCodex
package import GuildDomain
package import GuildTransport

/// What we can do in one external system, and the rules of it that hold whether or not anyone is connected there.
package protocol Connector: Sendable {
    /// Each operation with its rules: what it is about, what it causes, and what a repetition of it would do.
    var operations: [OperationRules] { get }

    /// How it proves itself.
    var connection: ConnectionProfile { get }

    /// What the operation is about, in the one spelling of the system: writes with one subject are performed in order.
    func subject(of operation: String, arguments: JSONValue) -> String?

    /// The container that a subject lies in, in the one spelling of the system.
    func container(ofSubject subject: String) -> String

    /// What a call carries, by the names that policies use.
    func carried(by operation: Operation, arguments: JSONValue) -> CarriedFields

    /// Whether a call has a place that a connection's `confirm` would compare with the event's.
    func hasPlace(_ operation: String, arguments: JSONValue) -> Bool

    /// Who we are, from what the codex says and what the system has told.
    func identity(named name: String, told: SystemIdentity?) -> SystemIdentity

    /// A connection by what the codex says of it; nil is a codex that says nothing.
    ///
    /// - Throws: a failure of kind `invalidCodex` if the manifest asks for what the connector cannot do.
    func connect(
        _ manifest: ConnectorManifest?, by means: ConnectionMeans
    ) throws(Failure) -> any OperationPerformer
}

/// What connections share.
package struct ConnectionMeans: Sendable {
    package let http: HTTPClient
    package let secrets: SecretResolver
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

    /// Most systems never give a name of theirs to something else.
    package func hasPlace(_ operation: String, arguments: JSONValue) -> Bool { false }

    /// What the system has told of the account that the codex names.
    package func identity(named name: String, told: SystemIdentity?) -> SystemIdentity {
        told?.name == name ? told ?? SystemIdentity(name: name) : SystemIdentity(name: name)
    }
}
