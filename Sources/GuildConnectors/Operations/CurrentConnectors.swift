package import GuildCodex
package import GuildDomain
package import GuildTransport
import Synchronization

/// The connectors that the accepted head sets up; made again when the head changes.
package final class CurrentConnectors: Sendable {
    /// The external systems of this build.
    package let systems: SystemRegistry
    private let means: ConnectionMeans
    private let made = Mutex<(commit: String, connectors: Connectors)?>(nil)
    /// The last result of `causedTypes`, by system.
    private let caused = Mutex<(commit: String, types: [String: Set<String>])?>(nil)
    /// The guild's own account in systems whose connector does not name it, by the connector's account.
    private let learnt = Mutex<[Account: SystemIdentity]>([:])

    /// One account of one server: another token may be another's.
    private struct Account: Hashable {
        let system: String
        let address: String?
        let secret: SecretReference?

        init(_ system: String, _ connection: ConnectorManifest.Connection) {
            self.system = system
            address = connection.baseURL
            secret = connection.authentication?.secret
        }
    }

    package init(
        http: HTTPClient, secrets: SecretResolver, time: any TimeSource, systems: SystemRegistry = .standard
    ) {
        means = ConnectionMeans(http: http, secrets: secrets, time: time)
        self.systems = systems
    }

    /// The connectors of a snapshot; those of the last one are kept.
    package func of(_ head: CodexSnapshot) -> Connectors {
        made.withLock { made in
            if let made, made.commit == head.commit { return made.connectors }
            let connectors = Connectors(systems.connected.map { member($0.system.name, $0.connector, head) })
            made = (head.commit, connectors)
            return connectors
        }
    }

    /// The guild's own account in a system: the connector's, or else the API's earlier answer; nil while neither is
    /// known.
    package func identity(in system: String, _ head: CodexSnapshot) -> SystemIdentity? {
        guard let connector = systems[system]?.connector, let connection = head.connector(system: system)?.connection
        else { return nil }
        let told = learnt.withLock { $0[Account(system, connection)] }
        return connection.identity.map { connector.identity(named: $0, told: told) } ?? told
    }

    /// Whether we can write in a system and don't know as whom.
    package func isIdentityMissing(in system: String, _ head: CodexSnapshot) -> Bool {
        guard systems[system]?.connector != nil, let connection = head.connector(system: system)?.connection,
            connection.authentication != nil || connection.baseURL != nil
        else { return false }
        return identity(in: system, head) == nil
    }

    /// Whether the system could say more about the guild's own account than the codex does, and has not been asked.
    package func isAccountUnasked(in system: String, _ head: CodexSnapshot) -> Bool {
        guard systems[system]?.connector != nil, let connection = head.connector(system: system)?.connection,
            connection.authentication != nil
        else { return false }
        return learnt.withLock { $0[Account(system, connection)] == nil }
    }

    /// The types of a system's events that a write can cause: those of any operation that an agent of this commit may
    /// request.
    package func causedTypes(in system: String, _ head: CodexSnapshot) -> Set<String> {
        caused.withLock { caused in
            if let caused, caused.commit == head.commit { return caused.types[system] ?? [] }
            let connectors = of(head)
            let granted = connectors.catalogue.filter { operation in
                operation.effect == .write && head.agentsByName.contains { $0.allows(operation) }
            }
            let types = Dictionary(grouping: granted, by: \.connector).mapValues { operations in
                Set(operations.flatMap { connectors.eventTypes(causedBy: $0.name) })
            }
            caused = (head.commit, types)
            return types[system] ?? []
        }
    }

    /// Asks the system once for the guild's own account, if the connector has a token: the codex may not name it, and
    /// cannot name its id.
    package func learnIdentity(in system: String, _ head: CodexSnapshot) async throws {
        guard let connector = systems[system]?.connector, var manifest = head.connector(system: system),
            isIdentityMissing(in: system, head) || isAccountUnasked(in: system, head)
        else { return }
        let account = Account(system, manifest.connection)
        manifest.connection.identity = nil
        guard let identity = try await connector.connect(manifest, by: means).ownIdentity() else { return }
        learnt.withLock { $0[account] = identity }
    }

    private func member(_ system: String, _ connector: any Connector, _ head: CodexSnapshot) -> Connectors.Member {
        let performer: Result<any OperationPerformer, OperationFailure>
        do throws(Failure) {
            performer = .success(try connector.connect(head.connector(system: system), by: means))
        } catch {
            // Each of its operations fails with the reason.
            performer = .failure(.final(status: nil, reason: error.message))
        }
        return Connectors.Member(system: system, connector: connector, performer: performer)
    }
}
