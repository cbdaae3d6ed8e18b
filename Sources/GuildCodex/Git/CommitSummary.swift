package import GuildDomain

/// A commit's description of itself.
package struct CommitSummary: Sendable, Hashable {
    /// The commit itself.
    package let commit: CommitID
    /// Its parents, in git's order; none for a root commit.
    package let parents: [CommitID]
    /// When it was committed.
    package let at: Timestamp
    /// The author as `NAME <EMAIL>`.
    package let author: String
    /// The first line of its message.
    package let summary: String
}
