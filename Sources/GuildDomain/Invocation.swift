/// What the dispatcher decided should run, and how far it has come. The ledger holds it; every change is one of
/// `InvocationState.transitions`.
///
///     queued ──▶ awakening ──▶ active ⇄ waiting(reason)
///                    │            └──▶ cooling ──▶ succeeded | failed | cancelled | expired
///                    └── a crash or a retry puts an unfinished one back to queued
package struct Invocation: Sendable, Hashable {
    package var id: InvocationID
    package var agent: String
    package var chapter: String?
    /// The codex commit with its prompt and tools; `worktree:` + digest if files were uncommitted.
    package var commit: String
    package var event: EventID
    package var root: EventID
    package var priority: Priority
    package var state: InvocationState
    package var waitReason: WaitReason?
    /// Raised by each claim; a write with an older one fails.
    package var attempt: Int
    package var createdAt: Timestamp
    package var availableAt: Timestamp
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    package var cancelRequested: Bool
    /// How many times it failed and was put back.
    package var failures: Int
    package var usage: TokenUsage
    package var costMicrodollars: Int64
    /// The final text, the partial one of a run that stopped, or the error.
    package var outcome: String?

    package init(
        id: InvocationID, agent: String, chapter: String? = nil, commit: String, event: EventID, root: EventID,
        priority: Priority = .normal, state: InvocationState = .queued, waitReason: WaitReason? = nil, attempt: Int = 0,
        createdAt: Timestamp, availableAt: Timestamp, startedAt: Timestamp? = nil, endedAt: Timestamp? = nil,
        cancelRequested: Bool = false, failures: Int = 0, usage: TokenUsage = .zero, costMicrodollars: Int64 = 0,
        outcome: String? = nil
    ) {
        self.id = id
        self.agent = agent
        self.chapter = chapter
        self.commit = commit
        self.event = event
        self.root = root
        self.priority = priority
        self.state = state
        self.waitReason = waitReason
        self.attempt = attempt
        self.createdAt = createdAt
        self.availableAt = availableAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.cancelRequested = cancelRequested
        self.failures = failures
        self.usage = usage
        self.costMicrodollars = costMicrodollars
        self.outcome = outcome
    }
}

package enum WaitReason: String, Sendable, CaseIterable {
    case approval, budget, rate, action, delegate, preempted
}

package enum InvocationState: String, Sendable, CaseIterable {
    case queued, awakening, active, waiting, cooling, succeeded, failed, cancelled, expired

    package var isFinal: Bool {
        switch self {
        case .succeeded, .failed, .cancelled, .expired: true
        case .queued, .awakening, .active, .waiting, .cooling: false
        }
    }

    /// Whether a worker holds it under a lease.
    package var isHeld: Bool {
        switch self {
        case .awakening, .active, .cooling: true
        case .queued, .waiting, .succeeded, .failed, .cancelled, .expired: false
        }
    }

    /// The states that may follow this one.
    package var transitions: Set<InvocationState> {
        switch self {
        case .queued: [.awakening, .cancelled, .expired]
        case .awakening: [.active, .queued, .failed, .cancelled, .expired, .waiting]
        case .active: [.waiting, .cooling, .queued, .failed, .cancelled, .expired]
        case .waiting: [.queued, .cancelled, .expired, .failed]
        case .cooling: [.succeeded, .failed, .queued, .cancelled, .expired]
        case .succeeded, .cancelled: []
        // A dead letter is re-driven by a person.
        case .failed, .expired: [.queued]
        }
    }

    package func canBecome(_ next: InvocationState) -> Bool { transitions.contains(next) }
}
