package import GuildDomain

/// Makes an event of a GitHub delivery whose signature has been found valid
/// (https://docs.github.com/webhooks/webhook-events-and-payloads).
///
/// The gateway runs this for each delivery, so the payload is checked whole but only the few values below are built.
package enum GitHubNormaliser {
    /// Longest value of `X-GitHub-Event`.
    static let longestEventName = 64
    /// Longest name that is taken from a payload: an action, a repository, a ref.
    static let longestName = 512

    /// - Parameter identity: the guild's own account there; without it no event counts as the guild's own.
    package static func normalise(
        _ delivery: WebhookDelivery, identity: GitHubIdentity? = nil
    ) throws(WebhookRefusal) -> WebhookContent {
        let name = try eventName(delivery)
        if name == "ping" { return .handshake(.pong) }
        let id = try delivery.deliveryID(in: "X-GitHub-Delivery")
        let payload = try document(delivery.headers, delivery.body)
        let data: JSONValue
        do throws(JSONParser.Problem) {
            data = try JSONParser.parse(payload, selecting: GitHubPayload.selection)
        } catch {
            throw .notJSON(error)
        }
        guard case .object = data else { throw .malformedPayload("it is not an object") }
        let facts = try GitHubPayload(event: name, data: data)
        var event = Event(
            id: delivery.eventID(delivery: id), source: facts.source, type: facts.type, subject: facts.subject,
            time: delivery.receivedAt, system: delivery.system, containers: facts.containers, payload: payload)
        event.guildEvent = facts.guildEvent
        event.sender = GitHubSender.sender(of: data, event: name)
        let digests = Digests(of: delivery, event: name)
        var webhook = WebhookEvent(
            event: event, digest: digests.own, otherDigests: digests.others, canRepeat: facts.canRepeat)
        webhook.recognise(data, identity: identity)
        return .events([webhook])
    }

    /// An event that was accepted before our identity was known, examined again.
    package static func recognised(_ event: Event, identity: GitHubIdentity?) -> WebhookEvent {
        var webhook = WebhookEvent(event: event)
        // It was parsed when it was taken in; one that has been erased since is nobody's.
        if let data = try? JSONParser.parse(event.payload, selecting: GitHubPayload.selection) {
            webhook.recognise(data, identity: identity)
        }
        return webhook
    }

    private static func eventName(_ delivery: WebhookDelivery) throws(WebhookRefusal) -> String {
        let header = "X-GitHub-Event"
        let name = try delivery.header(header)
        let isName = name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F || (0x30...0x39).contains($0) }
        guard isName, name.utf8.count <= longestEventName else {
            throw .malformedHeader(header, expected: "a name of at most \(longestEventName) small letters")
        }
        return name
    }

    /// The JSON of the body: the body itself, or the form field `payload`. A body that begins with a brace is not such
    /// a form, whatever its declared type: curl declares one by default.
    private static func document(_ headers: Headers, _ body: [UInt8]) throws(WebhookRefusal) -> [UInt8] {
        let type = headers["Content-Type"]?.lowercased() ?? ""
        guard type.hasPrefix("application/x-www-form-urlencoded"), body.first != UInt8(ascii: "{") else { return body }
        guard let payload = PercentEncoding.formValue("payload", in: body) else {
            throw .malformedPayload("the form has no field 'payload'")
        }
        return payload
    }

    /// The digests that identify one event besides its delivery id.
    ///
    /// The header with its type is not signed, and anyone who has a captured body can invent types. A body shows
    /// whether it is of a known type; so all unknown types count as one, and a body that came as an unknown type is not
    /// accepted as any other type, nor the other way round.
    private struct Digests {
        let own: [UInt8]
        /// By which the same body is known if it came under another name.
        let others: [[UInt8]]

        init(of delivery: WebhookDelivery, event: String) {
            let digest = delivery.bodyDigests()
            let isKnown = GitHubEventType.named(event) != nil
            own = digest(isKnown ? event : "")
            others = isKnown ? [digest("")] : GitHubEventType.all.map { digest($0.name) }
        }
    }
}

extension WebhookEvent {
    /// Says whether it is ours by its sender, or may be by the mark that it shows.
    fileprivate mutating func recognise(_ data: JSONValue, identity: GitHubIdentity?) {
        guard case .own(let action) = GitHubOwnership(of: data, eventType: event.type, identity: identity) else {
            claim = GitHubResultClaim(of: data, eventType: event.type, subject: event.subject)
            return
        }
        event.isOwn = true
        ownAction = action
        ownOperations = action == nil ? GitHubOwnership.operations(causing: event.type) : []
    }
}
