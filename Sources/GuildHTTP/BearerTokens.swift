import Crypto

/// The scopes of each bearer token (RFC 6750). It holds digests, never a token.
package struct BearerTokens: Sendable {
    /// A token and its scopes.
    package struct Grant: Sendable {
        /// SHA-256 of the token's UTF-8.
        package let digest: [UInt8]
        /// The scopes of the token.
        package let scopes: Set<String>
        /// The holder's name in the audit log.
        package let name: String

        package init(digest: [UInt8], scopes: Set<String>, name: String = "") {
            self.digest = digest
            self.scopes = scopes
            self.name = name
        }

        /// The grant of a token, of which only the digest is kept.
        package init(token: String, scopes: Set<String>, name: String = "") {
            self.init(digest: BearerTokens.digest(of: token), scopes: scopes, name: name)
        }
    }

    /// A longer credential is refused unread.
    private static let credentialLimitBytes = 4096

    private let grants: [Grant]

    /// - Parameter grants: with none, every route that needs a scope is refused.
    package init(_ grants: [Grant] = []) { self.grants = grants.filter { $0.digest.count == SHA256.byteCount } }

    /// The SHA-256 digest by which tokens are compared.
    package static func digest(of token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }

    /// The scopes of the token in an `Authorization` field; nil as for `grant`.
    package func scopes(authorization: String?) -> Set<String>? { grant(authorization: authorization)?.scopes }

    /// The scopes of the token in an `Authorization` field; a token that is listed twice has both sets.
    ///
    /// All digests are compared, each to its end, so that the time taken reveals nothing about a token.
    ///
    /// - Returns: nil without a bearer token, or with an unknown one.
    package func grant(authorization: String?) -> Grant? {
        guard let authorization, authorization.utf8.count <= Self.credentialLimitBytes else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let presented = Self.digest(of: parts[1].trimmingSpaces())
        var found: Grant?
        for grant in grants {
            var difference: UInt8 = 0
            for (left, right) in zip(grant.digest, presented) { difference |= left ^ right }
            if difference == 0 {
                found = Grant(
                    digest: grant.digest, scopes: grant.scopes.union(found?.scopes ?? []),
                    name: found?.name ?? grant.name)
            }
        }
        return found
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
