package import GuildDomain
package import GuildLedger

/// A submitted event with its decisions.
package struct DispatchedEvent: Sendable {
    /// Whether the event was new.
    package enum Reception: String, Sendable {
        case accepted
        /// It was in the ledger already; the decisions are those of then.
        case duplicate
        /// Decided only, and nothing written.
        case dryRun = "dry-run"
    }

    /// One decision.
    package struct Line: Sendable, Hashable {
        /// The trigger or rule.
        package let rule: String
        /// The agent that it calls.
        package let agent: String
        /// The decision.
        package let outcome: String
        /// Why it was decided so.
        package let reasons: [String]
        /// Nil for a decision that sets nothing going, and for one that was not recorded.
        package let invocation: InvocationID?
        /// When a pending one is decided again, or a rejected one may be sent again.
        package let until: Timestamp?
        /// The commit that decided.
        package let commit: String
        /// The state of the run when the event was sent, or at the end of a wait for it; nil if there is no run yet, or none any more.
        package var runState: InvocationState?
    }

    /// With the id that the ledger knows it by.
    package let event: Event
    /// Whether the event was new.
    package let reception: Reception
    /// The decisions, one for each rule and agent.
    package internal(set) var decisions: [Line]
    /// Whether retention has deleted the record of a known event; it then has no decisions.
    package var isForgotten = false
    /// Whether retention has erased the content of a known event, and so the reasons of its decisions.
    package var isErased = false
}

extension DispatchedEvent.Line {
    package init(_ row: EventTrace.DecisionRow) {
        self.init(
            rule: row.rule, agent: row.agent, outcome: row.outcome, reasons: row.reasons, invocation: row.invocation,
            until: row.until, commit: row.commit)
    }

    init(preview decision: Decision, commit: String) {
        self.init(
            rule: decision.rule, agent: decision.agent, outcome: decision.outcome.rawValue, reasons: decision.reasons,
            invocation: nil, until: decision.until, commit: commit)
    }
}
