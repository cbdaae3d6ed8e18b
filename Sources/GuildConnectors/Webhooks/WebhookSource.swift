package import GuildCodex
package import GuildDomain

/// One system that sends webhooks to guild: how its deliveries are authenticated, their content, and their answers.
///
///     request ──▶ greeting? ──▶ authenticate ──▶ content ──▶ handshake | events ──▶ answer
///
/// Nothing of a delivery is believed before `authenticate` has called it authentic; only a greeting, which changes nothing
/// here, is answered without. The gateway does the rest: finds the endpoint and its secrets, keeps the limits, and accepts
/// the events.
package protocol WebhookSource: Sendable {
    // MARK: Limits and settings

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

    /// The size of the sender's largest delivery, in bytes: no setting raises an endpoint's limit past it.
    var largestBodyBytes: Int { get }

    /// The limit if neither the endpoint nor the guild sets one, in bytes; nil takes the guild's `bodyLimit`.
    var bodyLimitBytes: Int? { get }

    /// The rule for duplicates, unless the endpoint sets one: the id alone if the sender signs id and time, or else
    /// also the body.
    var replay: WebhookEndpointManifest.Replay { get }

    // MARK: Events

    /// The types of its events and the fields of their payloads; empty if its users name them.
    var eventTypes: [EventTypeProfile] { get }

    /// Facts about the people and bots that cause its events; nil if payloads do not name them.
    var senders: SenderProfile? { get }

    // MARK: One delivery

    /// Whether a body could make this request authentic: a delivery whose head alone is wrong is refused before its body is
    /// read. `delivery.body` is empty.
    func mayBeAuthentic(head delivery: WebhookDelivery) -> Bool

    /// The answer to an unsigned request by which the sender only checks that the endpoint exists.
    ///
    /// - Returns: nil for any other request. An answer must not depend on anything secret, and changes nothing.
    func greeting(_ delivery: WebhookDelivery) -> WebhookReply?

    /// The reason why this scheme cannot use a secret; nil if it can.
    func objection(to secret: Secret) -> String?

    /// Compares the proof with the raw bytes, in constant time; any of the secrets may match, so that one can be rotated.
    func authenticate(_ delivery: WebhookDelivery, by secrets: [Secret]) async -> WebhookVerdict

    /// The content of an authentic delivery. Its signature is valid, and its content hostile all the same.
    ///
    /// - Parameter identity: the guild's own account in the system; without it no event counts as the guild's own.
    func content(
        of delivery: WebhookDelivery, identity: SystemIdentity?
    ) throws(WebhookRefusal) -> WebhookContent

    /// Judges an event again that was accepted before the guild's own account was known.
    func recognised(_ event: Event, identity: SystemIdentity?) -> WebhookEvent

    /// The answer for this sender. Senders differ: one takes only 200 for success, another gives up for ever on 429.
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

    /// The facts for the codex's validator.
    package var profile: WebhookProfile {
        WebhookProfile(
            schemes: Set(schemes.map(\.rawValue)), settings: settings, bodyLimitBytes: bodyLimitBytes,
            eventTypes: eventTypes, senders: senders)
    }
}

/// The methods of HTTP that senders use.
package enum WebhookMethod: String, Sendable { case get, post, put, options }
