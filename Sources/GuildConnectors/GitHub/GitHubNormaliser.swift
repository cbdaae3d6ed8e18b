import Crypto
import Foundation
package import GuildDomain

/// Makes an event of a GitHub delivery whose signature has been found valid
/// (https://docs.github.com/webhooks/webhook-events-and-payloads).
///
/// The gateway runs this for each delivery, so the payload is checked whole but only the few values below are built.
package enum GitHubNormaliser {
    /// Longest value of `X-GitHub-Event`.
    static let longestEventName = 64
    /// Longest value of `X-GitHub-Delivery`; GitHub sends a UUID.
    static let longestDelivery = 128
    /// Longest name that is taken from a payload: an action, a repository, a ref.
    static let longestName = 512

    /// - Parameters:
    ///   - endpoint: the name of the WebhookEndpoint; one delivery id is one event per endpoint.
    ///   - identity: who we are there; without it no event counts as our own.
    package static func normalise(
        headers: Headers, body: [UInt8], endpoint: String, now: Timestamp, identity: GitHubIdentity? = nil
    ) throws(WebhookRefusal) -> WebhookVerdict {
        let name = try eventName(headers)
        if name == "ping" { return .ping }
        let delivery = try deliveryID(headers)
        let payload = try document(headers, body)
        let data: JSONValue
        do throws(JSONParser.Problem) {
            data = try JSONParser.parse(payload, selecting: GitHubPayload.selection)
        } catch {
            throw .notJSON(error)
        }
        guard case .object = data else { throw .malformedPayload("it is not an object") }
        let facts = try GitHubPayload(event: name, data: data)
        var event = Event(
            id: EventID(derivedFrom: ["github", endpoint, delivery]), source: facts.source, type: facts.type,
            subject: facts.subject, time: now, system: "github", guildEvent: facts.guildEvent,
            containers: facts.containers, payload: payload)
        event.sender = GitHubSender.sender(of: data, event: name)
        let digests = Digests(endpoint: endpoint, event: name, body: body)
        var webhook = WebhookEvent(
            event: event, digest: digests.own, otherDigests: digests.others, canRepeat: facts.canRepeat)
        webhook.recognise(data, identity: identity)
        return .event(webhook)
    }

    /// An event that was accepted before our identity was known, examined again.
    package static func recognised(_ event: Event, identity: GitHubIdentity?) -> WebhookEvent {
        var webhook = WebhookEvent(event: event, digest: [])
        // It was parsed when it was taken in; one that has been erased since is nobody's.
        if let data = try? JSONParser.parse(event.payload, selecting: GitHubPayload.selection) {
            webhook.recognise(data, identity: identity)
        }
        return webhook
    }

    private static func eventName(_ headers: Headers) throws(WebhookRefusal) -> String {
        let header = "X-GitHub-Event"
        guard let name = headers[header], !name.isEmpty else { throw .missingHeader(header) }
        let isName = name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F || (0x30...0x39).contains($0) }
        guard isName, name.utf8.count <= longestEventName else {
            throw .malformedHeader(header, expected: "a name of at most \(longestEventName) small letters")
        }
        return name
    }

    private static func deliveryID(_ headers: Headers) throws(WebhookRefusal) -> String {
        let header = "X-GitHub-Delivery"
        guard let delivery = headers[header], !delivery.isEmpty else { throw .missingHeader(header) }
        guard delivery.utf8.count <= longestDelivery, delivery.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .malformedHeader(header, expected: "at most \(longestDelivery) visible ASCII characters")
        }
        return delivery
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

        init(endpoint: String, event: String, body: [UInt8]) {
            let content = Array(SHA256.hash(data: body))
            func digest(_ type: String) -> [UInt8] {
                Array(SHA256.hash(data: Array("github\0\(endpoint)\0\(type)\0".utf8) + content))
            }
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
