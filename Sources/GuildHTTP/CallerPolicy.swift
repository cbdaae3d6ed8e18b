/// Whom a listener answers.
package struct CallerPolicy: Sendable {
    /// The hosts that it answers for; all of them without a policy.
    package var hosts: HostPolicy
    /// The peers whose word on the client's address counts.
    package var proxies: TrustedProxies
    /// Asked for each request to a route that needs a scope; without tokens every such route answers 401.
    package var bearerTokens: @Sendable () async -> BearerTokens

    package init(
        hosts: HostPolicy = .any, proxies: TrustedProxies = .loopback,
        bearerTokens: @escaping @Sendable () async -> BearerTokens = { BearerTokens() }
    ) {
        self.hosts = hosts
        self.proxies = proxies
        self.bearerTokens = bearerTokens
    }
}
