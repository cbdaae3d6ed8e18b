package import GuildDomain

/// The result of `guild audit verify`.
package struct AuditVerdict: Sendable, Hashable {
    /// The number of the last valid entry.
    package var entries: Int64
    /// Its `hash`, in hexadecimal digits.
    package var head: String
    /// Of the tree over those entries, in hexadecimal digits.
    package var root = ContentDigest.hex(bytes: MerkleTree.emptyRoot)
    /// The first entry that was looked at.
    package var first: Int64 = 1
    /// Bodies that are gone because an erasure covers them.
    package var erased: Int64 = 0
    /// Anchors that agreed, the ledger's own record among them.
    package var anchors = 0
    /// When the entries before `first` were verified; nil if they were not, or there are none.
    package var rememberedAt: Timestamp?
    /// The first entry that is invalid as it was written, and why.
    package var problem: Problem?

    /// An invalid entry and the reason.
    package struct Problem: Sendable, Hashable {
        /// The number of the entry.
        package let seq: Int64
        /// The reason, for people.
        package let reason: String
    }
}
