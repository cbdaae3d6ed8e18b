/// `kind: Connector`: a two-way integration with one external system.
package struct ConnectorManifest: Manifest {
    /// How events and calls flow between guild and the system.
    package enum Kind: String, Sendable, CaseIterable { case webhook, polling, streaming, bidirectional }

    /// How to reach the system.
    package struct Connection: Sendable, Hashable {
        /// The root of the system's API; nil means the system's own default.
        package var baseURL: String?
        /// How calls authenticate; nil sends no credentials.
        package var authentication: ConnectorAuthentication?
        /// Our account there (login, app or bot id); guild asks the API if it is not set.
        package var identity: String?

        package init() {}
    }

    /// Settings of a polling connector.
    package struct Polling: Sendable, Hashable {
        /// The time between two polls.
        package var interval: Duration
        /// The path or address that is polled.
        package var endpoint: String

        package init(interval: Duration, endpoint: String) {
            self.interval = interval
            self.endpoint = endpoint
        }
    }

    /// The permissions that the credentials are said to have; descriptive only.
    package struct Scopes: Sendable, Hashable {
        /// The scopes for reads.
        package var read: [String] = []
        /// The scopes for writes.
        package var write: [String] = []

        package init() {}
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    package var kind: Kind
    /// The name of the external system.
    package var system: String
    /// How to reach the system.
    package var connection = Connection()
    /// How often and where to poll; nil unless the connector polls.
    package var polling: Polling?
    /// The normalised types of the system's events.
    package var eventMapping: [EventMapping] = []
    /// The permissions that the credentials are said to have.
    package var scopes = Scopes()
    /// Agent names; none means any that its tools allow.
    package var assignedAgents: [String] = []
    /// The limit on requests to the system; nil means none.
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

        /// A token in the header `Authorization`.
        package static let bearer = Scheme(rawValue: "bearer")
        /// A user and a password.
        package static let basic = Scheme(rawValue: "basic")
    }

    /// The kind of authentication.
    package var scheme: Scheme
    /// The header of an API key.
    package var header: String?
    /// The token, password, client secret, private key or secret access key.
    package var secret: SecretReference?
    /// The user's name for `basic`.
    package var username: String?
    /// The address that issues OAuth tokens.
    package var tokenURL: String?
    /// The client's id for OAuth.
    package var clientID: String?
    /// The scopes that are requested for OAuth.
    package var scopes: [String] = []
    /// The id of an app.
    package var appID: String?
    /// The id of an app's installation.
    package var installationID: String?
    /// The id of an AWS access key.
    package var accessKeyID: String?
    /// The AWS region.
    package var region: String?
    /// The AWS service that requests are signed for.
    package var service: String?

    package init(scheme: Scheme) { self.scheme = scheme }
}
