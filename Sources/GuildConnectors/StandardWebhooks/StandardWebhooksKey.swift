import Crypto
import Foundation

/// What a delivery is verified with: `whsec_` and the base64 of a shared secret, or `whpk_` and that of the sender's public
/// key.
enum StandardWebhooksKey {
    /// For signatures `v1`: HMAC-SHA256.
    case shared(SymmetricKey)
    /// For signatures `v1a`: Ed25519.
    case verifying(Curve25519.Signing.PublicKey)

    private static let sharedPrefix = "whsec_"
    private static let publicPrefix = "whpk_"
    /// Bytes of a shared secret, by the specification.
    private static let sharedLengths = 24...64

    /// - Returns: nil for a secret that is neither; one without a prefix is taken for a shared one.
    init?(_ secret: Secret) {
        let text = secret.reveal()
        if text.hasPrefix(Self.publicPrefix) {
            // What CryptoKit has against the bytes says no more than that they are no key.
            guard let bytes = Data(base64Encoded: String(text.dropFirst(Self.publicPrefix.count))),
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
            else { return nil }
            self = .verifying(key)
            return
        }
        let encoded = text.hasPrefix(Self.sharedPrefix) ? String(text.dropFirst(Self.sharedPrefix.count)) : text
        guard let bytes = Data(base64Encoded: encoded), Self.sharedLengths.contains(bytes.count) else { return nil }
        self = .shared(SymmetricKey(data: bytes))
    }
}
