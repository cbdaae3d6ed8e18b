package import GuildCodex
package import GuildDomain

/// One system that sends us webhooks: how its deliveries prove themselves, what they are, and what it wants to hear.
///
///     request ──▶ greeting? ──▶ authenticate ──▶ content ──▶ handshake | events ──▶ answer
///
/// Nothing of a delivery is believed before `authenticate` has called it authentic; only a greeting, which changes nothing
/// here, is answered without. The gateway does the rest: finds the endpoint and its secrets, keeps the limits, and accepts
/// the events.
package protocol WebhookSource: Sendable {
    // MARK: What it takes

    /// The values of `authentication.type` that it verifies; any sender's endpoint may name one that is not `system`.
    var schemes: Set<WebhookAuthentication.Scheme> { get }

    /// The keys of `authentication` that it obeys, beside `type` and `secret_refs`.
    var settings: Set<String> { get }

    /// How requests come; `POST` from nearly all.
    var methods: [WebhookMethod] { get }

    /// Media types of the bodies, for `/openapi.json`.
    var mediaTypes: [String] { get }

    /// How a delivery is proved, for people: `signed with X-Signature`.
    var proof: String { get }

    /// What the sender sends at most, in bytes: nothing raises the limit of an endpoint past it.
    var largestBodyBytes: Int { get }

    /// The limit where neither the endpoint nor the guild says one, in bytes; nil takes the guild's `bodyLimit`.
    var bodyLimitBytes: Int? { get }

    /// What makes a delivery the same as an earlier one, unless its endpoint says so: the id alone if the sender signs id and
    /// time, else also the body.
    var replay: WebhookEndpointManifest.Replay { get }

    // MARK: What it says

    /// The types of its events and what their payloads show; empty if its users name them.
    var eventTypes: [EventTypeProfile] { get }

    /// What is known of whoever brings its events about; nil if payloads do not say.
    var senders: SenderProfile? { get }

    // MARK: One delivery

    /// Whether a body could make this request authentic: a delivery whose head alone is wrong is refused before its body is
    /// read. `delivery.body` is empty.
    func mayBeAuthentic(head delivery: WebhookDelivery) -> Bool

    /// The answer to a request by which the sender only looks whether we are there, and which it does not sign.
    ///
    /// - Returns: nil for anything else. An answer must not depend on anything that is secret, and changes nothing.
    func greeting(_ delivery: WebhookDelivery) -> WebhookReply?

    /// What is wrong with a secret that this scheme cannot use; nil if nothing is.
    func objection(to secret: Secret) -> String?

    /// Compares the proof with the raw bytes, in constant time; any of the secrets may match, so that one can be rotated.
    func authenticate(_ delivery: WebhookDelivery, by secrets: [Secret]) async -> WebhookVerdict

    /// What an authentic delivery holds. Its signature is valid, and its content hostile all the same.
    ///
    /// - Parameter identity: who we are in the system; without it no event counts as our own.
    func content(
        of delivery: WebhookDelivery, identity: SystemIdentity?
    ) throws(WebhookRefusal) -> WebhookContent

    /// An event that was taken in before it was known who we are, looked at again.
    func recognised(_ event: Event, identity: SystemIdentity?) -> WebhookEvent

    /// What this sender is to hear. Senders differ: one takes only 200 for success, another gives up for ever on 429.
    func answer(to outcome: WebhookOutcome, of delivery: WebhookDelivery) -> WebhookReply
}

extension WebhookSource {
    package var schemes: Set<WebhookAuthentication.Scheme> { [.system] }
    package var settings: Set<String> { [] }
    package var methods: [WebhookMethod] { [.post] }
    package var mediaTypes: [String] { ["application/json"] }
    package var bodyLimitBytes: Int? { nil }
    package var replay: WebhookEndpointManifest.Replay { .byBody }
    package var eventTypes: [EventTypeProfile] { [] }
    package var senders: SenderProfile? { nil }

    package func greeting(_ delivery: WebhookDelivery) -> WebhookReply? { nil }
    package func objection(to secret: Secret) -> String? { nil }

    /// Most systems show nothing of our own work.
    package func recognised(_ event: Event, identity: SystemIdentity?) -> WebhookEvent { WebhookEvent(event: event) }

    package func answer(to outcome: WebhookOutcome, of delivery: WebhookDelivery) -> WebhookReply {
        outcome.usualReply
    }

    /// What the codex must know of it.
    package var profile: WebhookProfile {
        WebhookProfile(
            schemes: Set(schemes.map(\.rawValue)), settings: settings, bodyLimitBytes: bodyLimitBytes,
            eventTypes: eventTypes, senders: senders)
    }
}

/// The methods of HTTP that senders use.
package enum WebhookMethod: String, Sendable { case get, post, put, options }
