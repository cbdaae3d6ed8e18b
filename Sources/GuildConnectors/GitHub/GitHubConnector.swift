package import GuildCodex
package import GuildDomain

extension ExternalSystem {
    /// GitHub: https://docs.github.com/webhooks, https://docs.github.com/rest.
    package static let gitHub = ExternalSystem(
        "github", title: "GitHub", example: SystemProfile.Example(container: "acme/shop", sender: "583231"),
        webhooks: GitHubWebhooks(), connector: GitHubConnector())
}

/// The operations on GitHub.
package struct GitHubConnector: Connector {
    package let operations = GitHubOperations.values.map(\.rules)

    package let connection = ConnectionProfile(
        schemes: [AuthenticationScheme("bearer", title: "bearer token")],
        promised: [AuthenticationScheme("github_app", title: "GitHub App", requiredKeys: ["app_id"])])

    package init() {}

    package func subject(of operation: String, arguments: JSONValue) -> String? {
        GitHubOperations.subject(of: arguments)
    }

    package func container(ofSubject subject: String) -> String {
        String(subject.prefix { $0 != "#" && $0 != "@" }).lowercased()
    }

    package func carried(by operation: Operation, arguments: JSONValue) -> CarriedFields {
        GitHubFields.carried(by: operation, arguments: arguments)
    }

    package func hasPlace(_ operation: String, arguments: JSONValue) -> Bool {
        GitHubOperations.byName[operation]?.request.effect == .write && arguments["repository"]?.string != nil
    }

    package func identity(named name: String, told: SystemIdentity?) -> SystemIdentity {
        GitHubIdentity(login: name).knowing(told.map { GitHubIdentity($0) }).general
    }

    package func connect(
        _ manifest: ConnectorManifest?, by means: ConnectionMeans
    ) throws(Failure) -> any OperationPerformer {
        let settings = try manifest.map { (manifest) throws(Failure) in
            try GitHubSettings(connector: manifest, resolver: means.secrets)
        }
        return GitHubClient(
            settings: settings ?? GitHubSettings(), http: means.http, redactor: means.secrets.redactor,
            clock: means.time)
    }
}
