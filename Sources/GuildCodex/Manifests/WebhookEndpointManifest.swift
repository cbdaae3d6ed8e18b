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

    package var metadata: Metadata
    package var system: String
    package var isDefault = false
    package var authentication = WebhookAuthentication()
    /// The chapter that its events belong to.
    package var chapter: String?
    package var eventMapping: [EventMapping] = []
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
    package enum Scheme: String, Sendable, CaseIterable {
        /// The system's own; the default.
        case system
        case hmacSHA256 = "hmac_sha256"
        case hmacSHA1 = "hmac_sha1"
        case standardWebhooks = "standard_webhooks"
        case ed25519, token, basic
    }

    package enum Encoding: String, Sendable, CaseIterable { case hex, base64 }

    package var scheme: Scheme = .system
    /// Any may match, so that one can be rotated; none answers 503.
    package var secrets: [SecretReference] = []
    package var header: String?
    package var prefix: String?
    package var encoding: Encoding = .hex
    /// The signed text: `{body}`, `{timestamp}.{body}`.
    package var signed = "{body}"
    package var timestampHeader: String?
    /// How far the sender's time may be off.
    package var tolerance: Duration?

    package init() {}
}

/// A token bucket of requests.
package struct RequestRateLimit: Sendable, Hashable {
    package var requestsPerMinute: Int
    package var burst: Int?

    package init(requestsPerMinute: Int, burst: Int? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.burst = burst
    }
}
