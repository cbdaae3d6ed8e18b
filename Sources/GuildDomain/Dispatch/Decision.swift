/// The dispatcher's decision for one (event, trigger or rule, agent).
package struct Decision: Sendable, Hashable {
    /// The outcomes of docs/dispatch.md, "Decisions".
    package enum Outcome: String, Sendable, CaseIterable {
        case dispatched
        /// The event joined another invocation: that of a debounce window, or of another trigger or rule that has
        /// already called the agent for this event.
        case merged = "debounced"
        /// The first of a debounce window, until that closes.
        case deferred
        /// Its slot comes later.
        case rateLimited = "rate-limited"
        case unrouted
        case invalid
        case ownEvent = "own event"
        case loopStopped = "loop stopped"
        case rejected
        case overBudget = "over budget"
        case paused
        case blocked = "blocked by policy"

        /// Whether no later decision follows.
        package var isFinal: Bool { self != .deferred && self != .rateLimited }
    }

    /// `agents/ranger#0`, `routing/default#pull-requests`, `cli`; empty if nothing matched.
    package var rule: String
    /// Empty if nothing matched.
    package var agent: String
    /// The result of the checks.
    package var outcome: Outcome
    /// The checks and their results, in the order tried.
    package var reasons: [String]
    /// The invocation for the queue; nil for an outcome without one.
    package var invocation: NewInvocation?
    /// The conditions for the invocation's way into the queue; nil queues it as it is.
    package var terms: AdmissionTerms?
    /// When a pending one is decided again, or a rejected one may be sent again.
    package var until: Timestamp?
    /// The invocation that the event joined, if it is not its own.
    package var mergedInto: InvocationID?
    /// A note for a person, once for each root.
    package var notice: Notice?

    /// A word to a person about a whole chain of events.
    package struct Notice: Sendable, Hashable {
        /// The note's subject; each name makes one notification for each root.
        package var name: String
        package var text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    package init(rule: String, agent: String, outcome: Outcome, reasons: [String], invocation: NewInvocation? = nil) {
        self.rule = rule
        self.agent = agent
        self.outcome = outcome
        self.reasons = reasons
        self.invocation = invocation
    }
}
