import Crypto
import GuildDomain
import GuildTestSupport

/// One webhook delivery: an issue that was opened, unlike any other delivery in id and body.
struct Delivery: Sendable, Hashable {
    let number: Int

    /// Issues that deliveries are about: fewer than deliveries, so that actions on one subject queue up behind each
    /// other.
    private static let issues = 40
    /// Every so many deliveries one has a body that the ledger keeps in a file of its own.
    private static let largeEvery = 16
    private static let largePaddingCharacters = 70_000

    /// Stands in the issue's title, so in every call of a model about it, and nowhere else.
    var mark: String { Self.markPrefix + String(repeating: "0", count: 7 - "\(number)".count) + "\(number)" }

    static let markPrefix = "crash-"
    static let markBytes = 13

    var issue: Int { 1 + number % Self.issues }

    var body: [UInt8] {
        let padding = number % Self.largeEvery == 0 ? String(repeating: "x", count: Self.largePaddingCharacters) : ""
        let document: JSONValue = [
            "action": "opened",
            "issue": [
                "number": .integer(issue), "title": .string(mark), "body": .string("It is broken. \(padding)"),
                "user": ["login": "octocat", "type": "User", "id": 583_231], "author_association": "MEMBER",
            ],
            "repository": ["full_name": "acme/shop"],
            "sender": ["login": "octocat", "type": "User", "id": 583_231],
        ]
        return document.bytes()
    }

    /// What came back for a delivery: the event's id, and whether it was new.
    struct Receipt: Sendable, Hashable {
        let event: EventID
        let isNew: Bool
    }

    /// Sends it over a connection of its own.
    ///
    /// - Returns: nil where no answer came: the event may be durable or may not be.
    /// - Throws: where the gateway answers anything but 202 or 200.
    func send(to port: Int) async throws -> Receipt? {
        let body = body
        let code = HMAC<SHA256>.authenticationCode(
            for: body, using: SymmetricKey(data: Array(CrashCodex.webhookSecret.utf8)))
        let signature = "sha256=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let headers: Headers = [
            "content-type": "application/json", "user-agent": "GitHub-Hookshot/044aadd", "x-github-event": "issues",
            "x-github-delivery": mark, "x-hub-signature-256": signature,
        ]
        // The error says only that the connection broke, at whatever point the kill found it.
        let response = try? await talk(port) {
            try $0.request("POST", "/webhooks/github", headers: headers, body: body)
        }
        // A head that broke off has no status.
        guard let response, response.status != 0 else { return nil }
        guard let id = response.json?["id"]?.string.flatMap({ EventID($0) }) else {
            guard response.status != 200, response.status != 202 else { return nil }
            throw Failure(.failed, "delivery \(mark) was answered \(response.status)", hint: response.text)
        }
        return Receipt(event: id, isNew: response.status == 202)
    }
}
