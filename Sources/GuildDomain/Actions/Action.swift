/// A side effect that an agent requested, with its progress. It is stored in the ledger.
package struct Action: Sendable, Hashable {
    /// The state of an action; the last four are final.
    package enum State: String, Sendable, CaseIterable {
        case awaiting, queued, running, succeeded, failed, rejected, cancelled

        /// Whether the state can no longer change.
        package var isFinal: Bool { [.succeeded, .failed, .rejected, .cancelled].contains(self) }
    }

    /// Its identity.
    package var id: ActionID
    /// The invocation that requested it.
    package var invocation: InvocationID
    /// The event at the beginning of its causal chain.
    package var root: EventID
    /// The agent that requested it.
    package var agent: String
    /// The turn that requested it.
    package var turn = 1
    /// Its place among the calls of the turn.
    package var position = 0
    /// The system's name.
    package var connector: String
    /// The operation there: `SYSTEM.OPERATION`.
    package var operation: String
    /// Actions on one subject run in order.
    package var subject: String
    /// The operation's arguments, as the model gave them.
    package var arguments: JSONValue = [:]
    /// The agent's reason for the request.
    package var reason = ""
    /// How far the agent may go with the operation on its own.
    package var autonomy = Autonomy.approve
    /// The same at every try, so that the system can do it once.
    package var idempotencyKey: String
    /// How far it has come.
    package var state = State.awaiting
    /// The number of tries so far.
    package var attempt = 0
    /// When it was requested.
    package var createdAt: Timestamp
    /// Its next try is not before this.
    package var availableAt: Timestamp
    /// When it reached a final state.
    package var endedAt: Timestamp?
    /// The connector's result; nil if there is none.
    package var result: String?
    /// The last failure; nil if there was none.
    package var error: String?
    /// The cap that it waits, or waited, at.
    package var hold: CapHold?
    /// The issue or thread that it puts something new on.
    package var countsOn: String?
    /// The rule of a SafetyPolicy that has a person agree to it, though its manifest would not.
    package var policy: String?

    /// An action that nobody has agreed to yet, and that may be done at once if somebody does.
    package init(
        id: ActionID, invocation: InvocationID, root: EventID, agent: String, connector: String, operation: String,
        subject: String, createdAt: Timestamp
    ) {
        self.id = id
        self.invocation = invocation
        self.root = root
        self.agent = agent
        self.connector = connector
        self.operation = operation
        self.subject = subject
        self.createdAt = createdAt
        idempotencyKey = id.description
        availableAt = createdAt
    }

    /// The actions that a cap counts it with; nil if it does not count there.
    package func scope(of cap: ActionCap) -> CapScope? { CapScope(cap, invocation: invocation, countsOn: countsOn) }

    /// For people: which one it is.
    package var brief: String { "\(id) \(operation) on \(subject)" }
}
