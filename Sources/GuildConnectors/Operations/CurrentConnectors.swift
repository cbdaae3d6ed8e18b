package import GuildCodex
package import GuildDomain
package import GuildTransport
import Synchronization

/// The connectors that the accepted head sets up; made anew when the head changes.
package final class CurrentConnectors: Sendable {
    private let http: HTTPClient
    private let secrets: SecretResolver
    private let time: any TimeSource
    private let made = Mutex<(commit: String, connectors: Connectors)?>(nil)
    /// What `causedTypes` found last.
    private let caused = Mutex<(commit: String, types: Set<String>)?>(nil)
    /// Who we are in a system whose connector does not say it, by the connector's address.
    private let learnt = Mutex<[String: GitHubIdentity]>([:])

    package init(http: HTTPClient, secrets: SecretResolver, time: any TimeSource) {
        self.http = http
        self.secrets = secrets
        self.time = time
    }

    package func of(_ head: CodexSnapshot) -> Connectors {
        made.withLock { made in
            if let made, made.commit == head.commit { return made.connectors }
            let connectors = make(head)
            made = (head.commit, connectors)
            return connectors
        }
    }

    /// Our own identity on GitHub: what the connector says, else what the API once answered; nil while neither is known.
    package func gitHubIdentity(_ head: CodexSnapshot) -> GitHubIdentity? {
        guard let connection = head.connector(system: "github")?.connection else { return nil }
        let told = learnt.withLock { $0[Self.account(connection)] }
        return connection.identity.map { GitHubIdentity(login: $0).knowing(told) } ?? told
    }

    /// Whether we can write on GitHub and don't know as whom.
    package func isGitHubIdentityMissing(_ head: CodexSnapshot) -> Bool {
        guard let connection = head.connector(system: "github")?.connection,
            connection.authentication != nil || connection.baseURL != nil
        else { return false }
        return gitHubIdentity(head) == nil
    }

    /// Whether GitHub could tell more of us than the codex does, and has not been asked.
    package func isGitHubAccountUnasked(_ head: CodexSnapshot) -> Bool {
        guard let connection = head.connector(system: "github")?.connection, connection.authentication != nil else {
            return false
        }
        return learnt.withLock { $0[Self.account(connection)] == nil }
    }

    /// The types of events that a write of ours can cause: of any that an agent of this commit may ask for.
    package func causedTypes(_ head: CodexSnapshot) -> Set<String> {
        caused.withLock { caused in
            if let caused, caused.commit == head.commit { return caused.types }
            let connectors = of(head)
            let granted = connectors.catalogue.filter { operation in
                operation.effect == .write && head.agentsByName.contains { $0.allows(operation) }
            }
            let types = Set(granted.flatMap { connectors.eventTypes(causedBy: $0.name) })
            caused = (head.commit, types)
            return types
        }
    }

    /// One account of one server: another token may be another's.
    private static func account(_ connection: ConnectorManifest.Connection) -> String {
        "\(connection.baseURL ?? "") \(connection.authentication?.secret?.description ?? "")"
    }

    /// Asks GitHub once who we are, where the connector has a token: it may not say it, and cannot say our id.
    package func learnGitHubIdentity(_ head: CodexSnapshot) async throws {
        guard let connector = head.connector(system: "github"),
            isGitHubIdentityMissing(head) || isGitHubAccountUnasked(head)
        else { return }
        var settings = try GitHubSettings(connector: connector, resolver: secrets)
        settings.identity = nil
        let client = GitHubClient(settings: settings, http: http, redactor: secrets.redactor, clock: time)
        let identity = try await client.identity()
        learnt.withLock { $0[Self.account(connector.connection)] = identity }
    }

    private func make(_ head: CodexSnapshot) -> Connectors {
        do throws(Failure) {
            let settings = try head.connector(system: "github").map { (manifest) throws(Failure) in
                try GitHubSettings(connector: manifest, resolver: secrets)
            }
            return Connectors([
                GitHubClient(
                    settings: settings ?? GitHubSettings(), http: http, redactor: secrets.redactor, clock: time)
            ])
        } catch {
            return Connectors([
                UnusableConnector(prefix: "github", operations: GitHubOperations.all, reason: error.message)
            ])
        }
    }
}

/// Stands where a connector cannot be set up: each of its operations fails with the reason.
private struct UnusableConnector: OperationPerformer {
    let prefix: String
    let operations: [Operation]
    let reason: String

    func perform(
        _ operation: String, arguments: JSONValue, action: ActionID?, lastTry: Timestamp?
    ) async throws(OperationFailure) -> JSONValue {
        throw .final(status: nil, reason: reason)
    }

    func subject(of operation: String, arguments: JSONValue) -> String? { GitHubOperations.subject(of: arguments) }

    func eventTypes(causedBy operation: String) -> [String] { GitHubCausedEvents.types(causedBy: operation) }

    func countedSubject(of operation: String, arguments: JSONValue) -> String? {
        GitHubOperations.countedSubject(of: operation, arguments: arguments)
    }
}
