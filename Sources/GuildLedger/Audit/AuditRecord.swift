package import GuildDomain

/// An entry as stored in the chain.
package struct AuditRecord: Sendable, Hashable {
    package let seq: Int64
    package let at: Timestamp
    /// The person or component that acted.
    package let actor: String
    package let kind: String
    package let subject: String
    /// The commit of the codex that the entry refers to, if any.
    package let commit: String?
    package let cause: String?
    package let root: String?
    /// Nil if it was erased or is damaged.
    package let body: JSONValue?
    /// Whether there is a body that cannot be read.
    package let isBodyDamaged: Bool
    package let hash: String
}
