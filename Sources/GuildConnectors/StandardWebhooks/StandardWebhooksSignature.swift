import Crypto
import Foundation
import GuildDomain

/// The three headers that prove a delivery: `webhook-id`, `webhook-timestamp` and `webhook-signature`; Svix's own senders
/// call them `svix-…`.
struct StandardWebhooksSignature {
    /// One id is one message, however often it is sent.
    let id: String
    /// When this attempt was made.
    let time: Timestamp
    private let codes: [[UInt8]]
    private let signatures: [[UInt8]]
    /// What is signed before the body: `ID.TIMESTAMP.`.
    private let signedPrefix: [UInt8]

    private static let longestID = 256
    private static let longestTimestamp = 12
    /// Signatures of one delivery that are looked at: one for each secret of a rotation, and versions to come.
    private static let signatureLimit = 16
    private static let codeBytes = SHA256.byteCount
    private static let signatureBytes = 64

    /// - Returns: nil for headers that can prove nothing: one is missing or malformed, or no signature is of a version that
    ///   we know.
    init?(_ headers: Headers) {
        let family = headers["webhook-signature"] == nil ? "svix" : "webhook"
        guard let id = headers["\(family)-id"], !id.isEmpty, id.utf8.count <= Self.longestID,
            id.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let written = headers["\(family)-timestamp"], let seconds = Self.seconds(written),
            let list = headers["\(family)-signature"]
        else { return nil }
        self.id = id
        time = Timestamp(seconds: seconds)
        signedPrefix = Array("\(id).\(written).".utf8)
        let parts = list.utf8.split(separator: 0x20, maxSplits: Self.signatureLimit).prefix(Self.signatureLimit)
            .map { String(Substring($0)) }
        codes = parts.compactMap { Self.decoded($0, version: "v1,", Self.codeBytes) }
        signatures = parts.compactMap { Self.decoded($0, version: "v1a,", Self.signatureBytes) }
        guard !codes.isEmpty || !signatures.isEmpty else { return nil }
    }

    /// Whether any signature is one of the body, by any of the keys. Compared in constant time.
    func isValid(for body: [UInt8], keys: [StandardWebhooksKey]) -> Bool {
        let signed = signedPrefix + body
        return keys.contains { key in
            switch key {
            case .shared(let key):
                codes.contains { HMAC<SHA256>.isValidAuthenticationCode($0, authenticating: signed, using: key) }
            case .verifying(let key): signatures.contains { key.isValidSignature($0, for: signed) }
            }
        }
    }

    private static func seconds(_ text: String) -> Int64? {
        guard (1...longestTimestamp).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int64(text)
    }

    /// Only the one canonical spelling of the bytes counts.
    private static func decoded(_ part: String, version: String, _ length: Int) -> [UInt8]? {
        guard part.hasPrefix(version) else { return nil }
        let text = String(part.dropFirst(version.count))
        guard let bytes = Data(base64Encoded: text), bytes.count == length, bytes.base64EncodedString() == text else {
            return nil
        }
        return Array(bytes)
    }
}
