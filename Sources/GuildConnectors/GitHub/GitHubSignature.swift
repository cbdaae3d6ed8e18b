import Crypto
import Foundation

/// GitHub's proof of a delivery: `X-Hub-Signature-256: sha256=HEX` is HMAC-SHA256(secret, raw body)
/// (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries).
package enum GitHubSignature {
    package static let header = "X-Hub-Signature-256"

    /// Whether the signature is that of the body with any of the secrets. Compared in constant time; a missing or
    /// malformed signature, and an empty secret, never match.
    package static func isValid(_ signature: String?, body: [UInt8], secrets: [Secret]) -> Bool {
        guard let signature, let code = authenticationCode(signature) else { return false }
        return secrets.contains { secret in
            !secret.isEmpty
                && HMAC<SHA256>.isValidAuthenticationCode(
                    code, authenticating: body, using: SymmetricKey(data: secret.bytes))
        }
    }

    /// Whether the header's value has the form of a signature; without that no body can be one's.
    package static func isWellFormed(_ signature: String?) -> Bool { signature.flatMap(authenticationCode) != nil }

    /// The header's value for a body, as GitHub would send it.
    package static func sign(_ body: [UInt8], secret: Secret) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: secret.bytes))
        var digits = Array("sha256=".utf8)
        for byte in code {
            digits += [PercentEncoding.lowerDigits[Int(byte >> 4)], PercentEncoding.lowerDigits[Int(byte & 15)]]
        }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func authenticationCode(_ signature: String) -> [UInt8]? {
        let prefix = "sha256="
        guard signature.utf8.count == prefix.utf8.count + SHA256.byteCount * 2, signature.hasPrefix(prefix) else {
            return nil
        }
        var code: [UInt8] = []
        code.reserveCapacity(SHA256.byteCount)
        var high: UInt8?
        for byte in signature.utf8.dropFirst(prefix.utf8.count) {
            guard let digit = PercentEncoding.hexDigit(byte) else { return nil }
            if let known = high {
                code.append(known << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return code
    }
}
