import Crypto
import Foundation
import GuildDomain

/// One delivery as GitHub sends it, signed.
struct WebhookDelivery: Sendable {
    var body: [UInt8]
    var event = "issues"
    var id = UUID().uuidString.lowercased()
    var secret = TemporaryCodex.webhookSecret
    var path = "/webhooks/github"
    var contentType = "application/json"

    var headers: Headers {
        let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array(secret.utf8)))
        let hex = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return [
            "content-type": contentType, "user-agent": "GitHub-Hookshot/044aadd", "x-github-event": event,
            "x-github-delivery": id, "x-hub-signature-256": "sha256=" + hex,
        ]
    }

    /// A person opens an issue.
    static func issue(_ number: Int64 = 7, title: String = "The till rings twice") -> WebhookDelivery {
        let person: JSONValue = ["login": "priya", "type": "User", "id": 11]
        let payload: JSONValue = [
            "action": "opened",
            "issue": [
                "number": .integer(number), "title": .string(title), "body": "It does.", "user": person,
                "author_association": "MEMBER",
            ],
            "repository": ["full_name": "acme/shop"], "sender": person,
        ]
        return WebhookDelivery(body: payload.bytes())
    }

    /// The payload of the sample codex's worked example.
    static func townCrier() throws -> WebhookDelivery {
        let file = TemporaryCodex.sampleFolder.appending(path: "recordings/town-crier.payload.json")
        return WebhookDelivery(body: Array(try Data(contentsOf: file)))
    }
}
