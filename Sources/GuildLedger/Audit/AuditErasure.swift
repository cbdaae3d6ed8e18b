import GuildDomain

/// The result of one erasure in the audit log.
package struct AuditErasure: Sendable, Hashable {
    /// The number of the entry that records it.
    package let entry: Int64
    /// From the first to the last entry whose body went.
    package let range: ClosedRange<Int64>
    package let bodies: Int
}
