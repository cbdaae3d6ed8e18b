import Crypto
import Foundation
import GuildDomain
import GuildTransport

/// Sends one webhook as GitHub would: `GuildStandIn deliver URL --event issues --payload FILE [--delivery ID]`, signed
/// with the environment's `GITHUB_WEBHOOK_SECRET`. Prints the status and the body of the answer.
struct WebhookDelivery {
    private static let usage = "GuildStandIn deliver URL --event NAME --payload FILE [--delivery ID]"

    private let url: String
    private var event = "push"
    private var payloadPath = ""
    private var delivery: String

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        guard let url = rest.popFirst() else { throw Failure(.usage, "where to?", hint: Self.usage) }
        self.url = url
        delivery = UUID().uuidString.lowercased()
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else {
                throw Failure(.usage, "\(option) needs a value", hint: Self.usage)
            }
            switch option {
            case "--event": event = value
            case "--payload": payloadPath = value
            case "--delivery": delivery = value
            default: throw Failure(.usage, "unknown argument '\(option)'", hint: Self.usage)
            }
        }
    }

    /// - Throws: if the delivery is refused.
    func send() async throws {
        guard let body = FileManager.default.contents(atPath: payloadPath) else {
            throw Failure(.usage, "\(payloadPath): cannot be read", hint: Self.usage)
        }
        guard let secret = ProcessInfo.processInfo.environment["GITHUB_WEBHOOK_SECRET"] else {
            throw Failure(.usage, "GITHUB_WEBHOOK_SECRET is not set")
        }
        let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array(secret.utf8)))
        let signature = "sha256=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let request = HTTPRequest(
            method: "POST", url: url,
            headers: [
                "content-type": "application/json", "user-agent": "GitHub-Hookshot/044aadd", "x-github-event": event,
                "x-github-delivery": delivery, "x-hub-signature-256": signature,
            ], body: Array(body))
        let client = HTTPClient()
        defer { client.shutdown() }
        let response = try await client.send(request)
        FileHandle.standardOutput.write(
            Data("\(response.status) \(String(decoding: response.body, as: UTF8.self))\n".utf8))
        guard response.status < 300 else { throw Failure(.failed, "the delivery was refused") }
    }
}
