/// `kind: Connector`: a two-way integration with one external system.
package struct ConnectorManifest: Manifest {
    package enum Kind: String, Sendable, CaseIterable { case webhook, polling, streaming, bidirectional }

    package struct Connection: Sendable, Hashable {
        package var baseURL: String?
        package var authentication: ConnectorAuthentication?
        /// Who we are there (login, app or bot id); asked of the API where nothing is said.
        package var identity: String?

        package init() {}
    }

    package struct Polling: Sendable, Hashable {
        package var interval: Duration
        package var endpoint: String

        package init(interval: Duration, endpoint: String) {
            self.interval = interval
            self.endpoint = endpoint
        }
    }

    package struct Scopes: Sendable, Hashable {
        package var read: [String] = []
        package var write: [String] = []

        package init() {}
    }

    package var metadata: Metadata
    package var kind: Kind
    package var system: String
    package var connection = Connection()
    package var polling: Polling?
    package var eventMapping: [EventMapping] = []
    package var scopes = Scopes()
    /// Agent names; none means any that its tools allow.
    package var assignedAgents: [String] = []
    package var rateLimits: RequestRateLimit?

    package init(metadata: Metadata, kind: Kind, system: String) {
        self.metadata = metadata
        self.kind = kind
        self.system = system
    }
}

/// How we prove ourselves to an external system.
package struct ConnectorAuthentication: Sendable, Hashable {
    /// The value of `auth.type`. A system may have one of its own (`ConnectionProfile`).
    package struct Scheme: RawRepresentable, Sendable, Hashable {
        package let rawValue: String

        package init(rawValue: String) { self.rawValue = rawValue }

        package static let bearer = Scheme(rawValue: "bearer")
        package static let basic = Scheme(rawValue: "basic")
        package static let apiKey = Scheme(rawValue: "api_key")
        package static let oauth2 = Scheme(rawValue: "oauth2")
        package static let awsSigV4 = Scheme(rawValue: "aws_sigv4")
    }

    package var scheme: Scheme
    /// The header of an API key.
    package var header: String?
    /// The token, password, client secret, private key or secret access key.
    package var secret: SecretReference?
    package var username: String?
    package var tokenURL: String?
    package var clientID: String?
    package var scopes: [String] = []
    package var appID: String?
    package var installationID: String?
    package var accessKeyID: String?
    package var region: String?
    package var service: String?

    package init(scheme: Scheme) { self.scheme = scheme }
}
