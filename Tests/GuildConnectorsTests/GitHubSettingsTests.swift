import GuildCodex
import GuildConnectors
import GuildDomain
import Logging
import Testing

struct GitHubSettingsTests {
    private func settings(
        _ authentication: ConnectorAuthentication?, baseURL: String? = nil
    ) throws(Failure) -> GitHubSettings {
        var connector = ConnectorManifest(metadata: Metadata(name: "github"), kind: .bidirectional, system: "github")
        connector.connection.authentication = authentication
        connector.connection.baseURL = baseURL
        connector.connection.identity = "guild-bot"
        let resolver = SecretResolver(
            redactor: Redactor(), trust: EverySecret(), http: nil, clock: FixedTime(), logger: Logger(label: "test"),
            environment: { $0 == "GITHUB_TOKEN" ? "ghp_x" : nil })
        return try GitHubSettings(connector: connector, resolver: resolver)
    }

    @Test func `a bearer token is looked up at the moment of use`() async throws {
        var bearer = ConnectorAuthentication(scheme: .bearer)
        bearer.secret = SecretReference("env://GITHUB_TOKEN")
        let settings = try settings(bearer, baseURL: "https://github.acme.example/api/v3")
        #expect(settings.baseURL == "https://github.acme.example/api/v3")
        #expect(settings.identity == "guild-bot")
        #expect(try await settings.token?.current().reveal() == "ghp_x")
    }

    @Test func `without authentication there is no token, and the public address`() throws {
        let settings = try settings(nil)
        #expect(settings.baseURL == "https://api.github.com")
        if case .some = settings.token { Issue.record("unexpected token") }
    }

    @Test func `another way of authentication is refused`() {
        #expect(throws: Failure.self) { try settings(ConnectorAuthentication(scheme: .basic)) }
        #expect(throws: Failure.self) { try settings(ConnectorAuthentication(scheme: .bearer)) }
    }
}
