package import GuildDomain

/// Which entries to list. Nil fields do not restrict.
package struct AuditFilter: Sendable {
    /// A kind or an actor; `*` is a wildcard.
    package var kind: String?
    package var actor: String?
    /// The agent that the body names.
    package var agent: String?
    package var root: EventID?
    package var subject: String?
    /// An invocation, including its actions.
    package var invocation: String?
    /// From then on, and before then.
    package var since: Timestamp?
    package var until: Timestamp?
    /// Only entries with a higher number.
    package var after: Int64 = 0
    /// The last entry that is looked at; nil is the newest.
    package var through: Int64?
    /// The most entries of the answer.
    package var limit = 200
    /// The newest `limit` entries rather than the first ones after `after`.
    package var newestFirst = false

    package init() {}
}
