/// One run of an agent, as the dispatcher decided it, with its progress. It is stored in the ledger; every change of its
/// state is one of `InvocationState.transitions`.
///
///     queued ──▶ awakening ──▶ active ⇄ waiting(reason)
///                    │            └──▶ cooling ──▶ succeeded | failed | cancelled | expired
///                    └── a crash or a retry puts an unfinished one back to queued
package struct Invocation: Sendable, Hashable {
    /// Its identity.
    package var id: InvocationID
    /// The agent that it runs.
    package var agent: String
    /// The agent's chapter; nil if it has none.
    package var chapter: String?
    /// The codex commit with its prompt and tools; `worktree:` + digest if files were uncommitted.
    package var commit: String
    /// The event that it answers.
    package var event: EventID
    /// The first event of the causal chain.
    package var root: EventID
    /// Its urgency in the queue.
    package var priority: Priority
    /// How far it has come.
    package var state = InvocationState.queued
    /// The obstacle while it is `waiting`.
    package var waitReason: WaitReason?
    /// Raised by each claim; a write with an older one fails.
    package var attempt = 0
    /// When the dispatcher decided it.
    package var createdAt: Timestamp
    /// The earliest time at which it may be claimed.
    package var availableAt: Timestamp
    /// When it was claimed for the first time.
    package var startedAt: Timestamp?
    /// When it reached a final state.
    package var endedAt: Timestamp?
    /// Whether somebody asked it to stop.
    package var cancelRequested = false
    /// How many times it failed and was put back.
    package var failures = 0
    /// The tokens of all its turns and attempts.
    package var usage = TokenUsage.zero
    /// The cost of all its turns and attempts, in micro-dollars.
    package var costMicrodollars: Int64 = 0
    /// The final text, the partial one of a run that stopped, or the error.
    package var outcome: String?

    /// A run as the dispatcher decides it: queued, and ready to be claimed at once.
    package init(
        id: InvocationID, agent: String, chapter: String? = nil, commit: String, event: EventID, root: EventID,
        priority: Priority = .normal, createdAt: Timestamp
    ) {
        self.id = id
        self.agent = agent
        self.chapter = chapter
        self.commit = commit
        self.event = event
        self.root = root
        self.priority = priority
        self.createdAt = createdAt
        availableAt = createdAt
    }

    /// Whether it has ended, or waits for a person to decide or to grant something.
    package var isSettled: Bool { state.isFinal || waitReason == .approval || waitReason == .budget }
}

/// The obstacle of a waiting invocation.
package enum WaitReason: String, Sendable, CaseIterable {
    case approval, budget, rate, action, delegate, preempted
}

/// The states of an invocation; `transitions` lists the allowed steps.
package enum InvocationState: String, Sendable, CaseIterable {
    case queued, awakening, active, waiting, cooling, succeeded, failed, cancelled, expired

    /// Whether nothing follows.
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
    package var transitions: [InvocationState] {
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

    /// Whether `transitions` allows the step.
    package func canBecome(_ next: InvocationState) -> Bool { transitions.contains(next) }
}
