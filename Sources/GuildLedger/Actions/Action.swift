package import GuildDomain

/// A requested side effect as the ledger holds it.
package struct Action: Sendable, Hashable {
    /// The state of an action; the last four are final.
    package enum State: String, Sendable, CaseIterable {
        case awaiting, queued, running, succeeded, failed, rejected, cancelled

        /// Whether the state can no longer change.
        package var isFinal: Bool { [.succeeded, .failed, .rejected, .cancelled].contains(self) }
    }

    package let id: ActionID
    /// The invocation that requested it.
    package let invocation: InvocationID
    /// The event at the beginning of its causal chain.
    package let root: EventID
    /// The agent that requested it.
    package let agent: String
    /// The turn that requested it.
    package let turn: Int
    /// Its place among the calls of the turn.
    package let position: Int
    package let connector: String
    package let operation: String
    /// Actions on one subject run in order.
    package let subject: String
    package let arguments: JSONValue
    /// The agent's reason for the request.
    package let reason: String
    package let autonomy: Autonomy
    package let idempotencyKey: String
    package let state: State
    /// The number of tries so far.
    package let attempt: Int
    package let createdAt: Timestamp
    /// Its next try is not before this.
    package let availableAt: Timestamp
    package let endedAt: Timestamp?
    /// The connector's result; nil if there is none.
    package let result: String?
    /// The last failure; nil if there was none.
    package let error: String?
    /// The cap that it waits, or waited, at.
    package let hold: CapHold?
    /// The issue or thread that it puts something new on.
    package let countsOn: String?
    /// The rule of a SafetyPolicy that has a person agree to it, though its manifest would not.
    package let policy: String?

    /// The actions that a cap counts it with.
    func scope(of cap: ActionCap) -> CapScope? { CapScope(cap, invocation: invocation, countsOn: countsOn) }
}
