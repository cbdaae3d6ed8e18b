package import GuildDomain

/// An operator's decision about a secret and its use.
package struct SecretStanding: Sendable, Hashable {
    /// The state of the operator's trust.
    package enum State: String, Sendable, CaseIterable {
        /// A commit brought it, and nobody has said anything yet.
        case waiting
        case trusted
        /// Somebody trusted it once.
        case revoked
    }

    /// The secret's reference with its use.
    package let pair: SecretPair
    /// Whether the secret may be used so.
    package let state: State
    /// When that state began.
    package let since: Timestamp
    /// The deciding user: `user:NAME`, or `serve` for its first head.
    package let actor: String
    /// The commit that brought it, if there is one.
    package let commit: String?
}

/// On whose word the secrets of a commit are trusted when it is accepted.
package enum SecretTrustee: String, Sendable {
    /// Its first head's are.
    case serve
    /// The person at the terminal, as long as neither `serve` nor a run on a terminal has begun.
    case run
    /// Every pair: a protected branch decides what is trusted.
    case codex
    /// None.
    case nobody
}
