import GuildDomain

/// `kind: WebhookEndpoint`: served at `/webhooks/SYSTEM/NAME`, and the only or default one of a system at
/// `/webhooks/SYSTEM` too.
package struct WebhookEndpointManifest: Manifest {
    /// The criterion for a repeated delivery, if its sender signs neither id nor time.
    package enum Replay: String, Sendable, CaseIterable {
        /// Its id, or its body under another id.
        case byBody = "by_body"
        /// Its id alone.
        case byID = "by_id"
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// The name of the sending system.
    package var system: String
    /// Whether it also answers paths without a name.
    package var isDefault = false
    /// How deliveries are authenticated.
    package var authentication = WebhookAuthentication()
    /// The chapter that its events belong to.
    package var chapter: String?
    /// Agents and types for the system's events.
    package var eventMapping: [EventMapping] = []
    /// The limit on deliveries; nil means none.
    package var rateLimit: RequestRateLimit?
    /// Bytes; nil takes the default.
    package var maxBody: Int?
    /// Addresses or CIDR blocks whose `X-Forwarded-For` is believed.
    package var trustedProxies: [String] = []
    /// Nil leaves it to the source, which knows of each type whether two of its events can have equal bodies.
    package var replay: Replay?
    /// For a generic sender: the header that names the event.
    package var eventTypeHeader: String?
    /// For a generic sender: the dotted path in the payload that names the event.
    package var eventTypePath: String?

    package init(metadata: Metadata, system: String) {
        self.metadata = metadata
        self.system = system
    }
}

/// How a sender proves itself.
package struct WebhookAuthentication: Sendable, Hashable {
    /// The kinds of signature.
    package enum Scheme: String, Sendable, CaseIterable {
        /// The system's own; the default.
        case system
        case hmacSHA256 = "hmac_sha256"
        case hmacSHA1 = "hmac_sha1"
        case standardWebhooks = "standard_webhooks"
        case ed25519, token, basic
    }

    /// How the signature is written.
    package enum Encoding: String, Sendable, CaseIterable { case hex, base64 }

    /// The kind of signature.
    package var scheme: Scheme = .system
    /// Any may match, so that one can be rotated; none answers 503.
    package var secrets: [SecretReference] = []
    /// The header that carries the signature.
    package var header: String?
    /// The text before the signature in its header.
    package var prefix: String?
    /// How the signature is written.
    package var encoding: Encoding = .hex
    /// The signed text: `{body}`, `{timestamp}.{body}`.
    package var signed = "{body}"
    /// The header that carries the signed time.
    package var timestampHeader: String?
    /// How far the sender's time may be off.
    package var tolerance: Duration?

    package init() {}
}

/// A token bucket of requests.
package struct RequestRateLimit: Sendable, Hashable {
    /// Requests in a minute.
    package var requestsPerMinute: Int
    /// The requests that may go at once; nil means the rate itself.
    package var burst: Int?

    package init(requestsPerMinute: Int, burst: Int? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.burst = burst
    }
}
