import Crypto
import Foundation
package import GuildCodex
import GuildDomain

extension ExternalSystem {
    /// Any sender that follows https://www.standardwebhooks.com, version 1.0.0.
    package static let standardWebhooks = ExternalSystem(
        "standard-webhooks", title: "Standard Webhooks", webhooks: StandardWebhooks())
}

/// Deliveries signed as https://www.standardwebhooks.com says: id, time and body are all signed, so that an id is one event
/// and an old delivery is refused.
package struct StandardWebhooks: WebhookSource {
    /// The accepted difference of the sender's time; the value in the specification's own libraries.
    private static let tolerance = Duration.seconds(300)
    /// The type of a payload that names none.
    static let unnamedType = "webhook"
    /// Longest `type`.
    static let longestType = 256

    package let schemes: Set<WebhookAuthentication.Scheme> = [.system, .standardWebhooks]
    package let settings: Set<String> = ["tolerance"]
    package let proof = "signed with webhook-signature"
    /// The specification asks senders to stay below 20 KB; some don't.
    package let largestBodyBytes = 5 << 20
    package let replay = WebhookEndpointManifest.Replay.byID

    package init() {}

    package func mayBeAuthentic(head delivery: WebhookDelivery) -> Bool {
        StandardWebhooksSignature(delivery.headers) != nil
    }

    package func objection(to secret: Secret) -> String? {
        StandardWebhooksKey(secret) == nil
            ? "it must be the base64 of 24 to 64 bytes, with or without `whsec_` before it, or `whpk_` and the base64 of a "
                + "public key" : nil
    }

    package func authenticate(_ delivery: WebhookDelivery, by secrets: [Secret]) -> WebhookVerdict {
        guard let signature = StandardWebhooksSignature(delivery.headers),
            signature.isValid(for: delivery.body, keys: secrets.compactMap { StandardWebhooksKey($0) })
        else { return .forged }
        let tolerance = delivery.settings.tolerance ?? Self.tolerance
        let distance = signature.time - delivery.receivedAt
        return distance <= tolerance && distance >= Duration.zero - tolerance ? .authentic : .stale
    }

    /// The payload is a JSON object; its member `type` names the event. Because it begins with a brace, after white space
    /// at most, which no id has, id, time and body can be told apart in the signed text.
    package func content(
        of delivery: WebhookDelivery, identity: SystemIdentity?
    ) throws(WebhookRefusal) -> WebhookContent {
        guard let id = StandardWebhooksSignature(delivery.headers)?.id else { throw .missingHeader("webhook-id") }
        let data: JSONValue
        do throws(JSONParser.Problem) {
            data = try JSONParser.parse(delivery.body, selecting: ["type": .whole])
        } catch {
            throw .notJSON(error)
        }
        guard case .object = data, Self.beginsWithBrace(delivery.body) else {
            throw .malformedPayload("it is not an object")
        }
        let event = Event(
            id: delivery.eventID(delivery: id), source: "/\(delivery.system)/\(delivery.endpoint)",
            type: try Self.eventType(data["type"]), time: delivery.receivedAt, system: delivery.system, containers: [],
            payload: delivery.body)
        let digest = delivery.bodyDigests()
        return .events([WebhookEvent(event: event, digest: digest(event.type))])
    }

    /// The value of `webhook-signature` by a sender with that secret; nil if it is not a shared secret.
    package static func sign(_ body: [UInt8], id: String, timestamp: String, secret: Secret) -> String? {
        guard case .shared(let key)? = StandardWebhooksKey(secret) else { return nil }
        let code = HMAC<SHA256>.authenticationCode(for: Array("\(id).\(timestamp).".utf8) + body, using: key)
        return "v1," + Data(code).base64EncodedString()
    }

    /// `user.created`: letters, digits, dots, `_` and `-`.
    private static func eventType(_ value: JSONValue?) throws(WebhookRefusal) -> String {
        guard let value, !value.isNull else { return unnamedType }
        guard let type = value.string, (1...longestType).contains(type.utf8.count), type.utf8.allSatisfy(isTypeByte)
        else {
            throw .malformedPayload(
                "'type' is not a name of at most \(longestType) letters, digits, '.', '_' and '-'")
        }
        return type
    }

    /// White space before it is the JSON kind (RFC 8259, section 2).
    private static func beginsWithBrace(_ body: [UInt8]) -> Bool {
        body.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
    }

    private static func isTypeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
