import GuildDomain

/// An anchor of this ledger, and the commit that carries it.
package struct RecordedAnchor: Sendable, Hashable {
    package let anchor: AuditAnchor
    package let commit: String
}
