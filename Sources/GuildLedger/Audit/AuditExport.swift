import GuildDomain

/// A piece of the audit log as JSON Lines.
package struct AuditExport: Sendable {
    package let lines: [UInt8]
    /// The last entry in them; nil if there are no more.
    package let last: Int64?
}
