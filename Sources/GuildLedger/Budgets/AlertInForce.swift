package import GuildDomain

/// An account whose spending has come near to a limit.
package struct AlertInForce: Sendable, Hashable {
    /// Alerts that one question lists.
    package static let alertLimit = 100

    package let account: String
    package let level: AlertLevel
    /// The recipients: `agent/NAME`, `user:ID`, a chapter's `notify` target, or, if the codex names nobody, the account
    /// itself.
    package let recipients: [String]
}
