package import GuildDomain

/// One thing that somebody may have to account for. Actor and subject hold ids only, never personal data.
package struct AuditEntry: Sendable, Hashable {
    /// The kind of fact that the entry records.
    package enum Kind: String, Sendable, CaseIterable {
        case codexAccepted = "codex.accepted"
        case codexRefused = "codex.refused"
        case eventAccepted = "event.accepted"
        /// A delivery was taken for one that came before: the entry names the first, and how often since the last entry.
        case eventDuplicate = "event.duplicate"
        /// It waits until our identity is known, or goes to the dispatcher because it is.
        case eventHeld = "event.held"
        case eventReleased = "event.released"
        case dispatchDecided = "dispatch.decided"
        case invocationBegun = "invocation.begun"
        case invocationReclaimed = "invocation.reclaimed"
        case invocationRetried = "invocation.retried"
        case invocationEnded = "invocation.ended"
        case modelCalled = "model.called"
        case modelFailed = "model.failed"
        case toolCalled = "tool.called"
        case budgetEstimated = "budget.estimated"
        case budgetOverrun = "budget.overrun"
        case budgetRefused = "budget.refused"
        /// An invocation waits for room, or continues because there is some.
        case budgetWaited = "budget.waited"
        case budgetResumed = "budget.resumed"
        /// A commit of the codex set another limit, or other rules.
        case budgetLimitChanged = "budget.limit_changed"
        case budgetAlerted = "budget.alerted"
        case budgetGranted = "budget.granted"
        case budgetThrottled = "budget.throttled"
        case budgetThrottleLifted = "budget.throttle_lifted"
        /// Old entries of the accounts were folded into opening balances, whose digest is the subject.
        case budgetClosed = "budget.closed"
        case actionRequested = "action.requested"
        case actionAttempted = "action.attempted"
        case actionRetried = "action.retried"
        case actionEnded = "action.ended"
        case approvalRequested = "approval.requested"
        case approvalDecided = "approval.decided"
        case scheduleFired = "schedule.fired"
        case scheduleMissed = "schedule.missed"
        case operatorCommand = "operator.command"
        /// The trust in secrets' uses that an operator, or the first accepted head, decided.
        case trustChanged = "trust.changed"
        /// Bodies were erased under a policy; its own body names the range, and is never erased.
        case auditErased = "audit.erased"
        case auditAnchored = "audit.anchored"
    }

    package var at: Timestamp
    /// `webhook-gateway`, `dispatcher`, `executor`, `user:NAME`.
    package var actor: String
    package var kind: Kind
    /// The id of the thing.
    package var subject: String
    package var commit: String?
    package var cause: String?
    package var root: String?
    package var body: JSONValue

    package init(
        at: Timestamp, actor: String, kind: Kind, subject: String, commit: String? = nil, cause: String? = nil,
        root: String? = nil, body: JSONValue
    ) {
        self.at = at
        self.actor = actor
        self.kind = kind
        self.subject = subject
        self.commit = commit
        self.cause = cause
        self.root = root
        self.body = body
    }
}
