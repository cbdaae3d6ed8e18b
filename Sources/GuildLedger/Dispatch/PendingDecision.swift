package import GuildDomain

/// A decision that waits for its slot at a rate.
package struct PendingDecision: Sendable, Hashable {
    package let rule: String
    package let agent: String
    package let event: EventID
    package let root: EventID
    /// When it is decided again.
    package let dueAt: Timestamp
    /// The invocation that it queues if it is admitted.
    package let invocation: NewInvocation
    /// The obstacle, if it was requested.
    package let reason: String?
    let terms: AdmissionTerms

    /// - Parameter reason: as the row says it beside the columns of its table.
    init(row: LedgerRow, reason: String?) throws {
        self.reason = reason
        rule = try row["rule"]
        agent = try row["agent"]
        event = try row["event"]
        root = try row["root"]
        dueAt = try row["due_at"]
        invocation = try NewInvocation(
            id: row["invocation"], agent: row["agent"], chapter: row["chapter"],
            priority: row["priority"])
        terms = try AdmissionTerms(json: row.json("terms"))
    }
}
