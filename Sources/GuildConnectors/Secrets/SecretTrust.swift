package import GuildDomain

/// What an operator says of a secret and its use.
package enum SecretVerdict: Sendable, Hashable {
    case trusted
    /// Nobody has said anything yet.
    case waiting
    /// Trust was taken back.
    case revoked
}

/// Which secrets an operator lets go where.
package protocol SecretTrust: Sendable {
    /// Asked at each use, so that what an operator says counts at the next one.
    ///
    /// - Throws: where it cannot be told; then the secret is not used.
    func verdict(on pair: SecretPair) async throws -> SecretVerdict
}

/// For programs that take their whole setting from whoever starts them.
package struct EverySecret: SecretTrust {
    package init() {}

    package func verdict(on pair: SecretPair) async throws -> SecretVerdict { .trusted }
}

/// For what uses no secret.
package struct NoSecret: SecretTrust {
    package init() {}

    package func verdict(on pair: SecretPair) async throws -> SecretVerdict { .waiting }
}
