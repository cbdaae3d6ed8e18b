package import GuildDomain

/// An operator's decision about a secret and its use.
package enum SecretVerdict: Sendable, Hashable {
    case trusted
    /// Nobody has said anything yet.
    case waiting
    /// Trust was taken back.
    case revoked
}

/// The secrets that an operator trusts, with their uses.
package protocol SecretTrust: Sendable {
    /// Asked at each use, so that an operator's decision applies to the next one.
    ///
    /// - Throws: if it cannot be determined; then the secret is not used.
    func verdict(on pair: SecretPair) async throws -> SecretVerdict
}

/// For programs whose whole configuration comes from the user who starts them.
package struct EverySecret: SecretTrust {
    package init() {}

    package func verdict(on pair: SecretPair) async throws -> SecretVerdict { .trusted }
}

/// For code that uses no secret.
package struct NoSecret: SecretTrust {
    package init() {}

    package func verdict(on pair: SecretPair) async throws -> SecretVerdict { .waiting }
}
