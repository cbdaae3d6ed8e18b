package import GuildDomain

/// Which secrets an operator lets go where.
package protocol SecretTrust: Sendable {
    /// - Throws: where it cannot be told; then the secret is not used.
    func trusts(_ pair: SecretPair) async throws -> Bool
}

/// For programs that take their whole setting from whoever starts them.
package struct EverySecret: SecretTrust {
    package init() {}

    package func trusts(_ pair: SecretPair) async throws -> Bool { true }
}

/// For what uses no secret.
package struct NoSecret: SecretTrust {
    package init() {}

    package func trusts(_ pair: SecretPair) async throws -> Bool { false }
}
