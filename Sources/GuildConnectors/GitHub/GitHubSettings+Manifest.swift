package import GuildCodex
package import GuildDomain

extension GitHubSettings {
    /// The settings of a Connector manifest. The token is looked up at each use.
    ///
    /// - Throws: a failure of kind `invalidCodex` for any authentication but a bearer token.
    package init(connector: ConnectorManifest, resolver: SecretResolver) throws(Failure) {
        let connection = connector.connection
        self.init()
        if let baseURL = connection.baseURL { self.baseURL = baseURL }
        identity = connection.identity
        guard let authentication = connection.authentication else { return }
        guard authentication.scheme == .bearer, let secret = authentication.secret else {
            throw Failure(
                .invalidCodex,
                "\(connector.metadata.location): spec.connection.auth is '\(authentication.scheme.rawValue)'"
                    + (authentication.secret == nil ? " without a secret_ref" : ""),
                hint: "GitHub takes 'type: bearer' with a secret_ref to a personal access or installation token")
        }
        token = .reference(secret, for: connector.secretUse, by: resolver)
    }
}
