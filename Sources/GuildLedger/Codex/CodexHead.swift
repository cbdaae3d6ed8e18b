package import GuildDomain

/// A commit that was offered as configuration, and the result.
package struct CodexHead: Sendable, Hashable {
    package let at: Timestamp
    package let commit: String
    package let isAccepted: Bool
    /// The located problems of a refused one; if their record is damaged, that alone.
    package let problems: [String]
}
