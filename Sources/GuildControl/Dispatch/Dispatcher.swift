package import GuildCodex
package import GuildDomain
package import GuildLedger
package import Logging
import ServiceLifecycle

/// Takes each inbound event, decides once which agents it calls, and records the decisions.
///
///     messages(inbound) ──▶ Router.decide ──▶ AdmissionPolicy ──▶ one transaction: inbox, rates, window, decisions,
///                                                                invocations, audit; message gone
///     due windows and rate-limit slots ─▶ one claim each: their row gone, the final decision, the invocation
///
/// A crash before the commit leaves the message; a second dispatcher that decides the same event finds it in `inbox`,
/// and one that closes the same window finds no row.
package struct Dispatcher: Service {
    /// Events decided side by side, so that their transactions share a commit.
    static let batchLimit = 128
    private static let recheck = Duration.seconds(30)

    let dispatch: DispatchLedger
    let events: EventLedger
    private let budgets: BudgetLedger
    private let codex: CurrentCodex
    let time: any TimeSource
    private let logger: Logger
    private let current = CurrentRouter()
    let roots: [EventID]?

    /// - Parameter roots: decides only events of these roots; nil means all.
    package init(
        dispatch: DispatchLedger, events: EventLedger, budgets: BudgetLedger, codex: CurrentCodex,
        roots: [EventID]? = nil, time: any TimeSource, logger: Logger
    ) {
        self.dispatch = dispatch
        self.events = events
        self.budgets = budgets
        self.roots = roots
        self.codex = codex
        self.time = time
        self.logger = logger
    }

    package func run() async throws {
        let arrivals = dispatch.arrivals
        while !Task.isCancelled {
            let seen = arrivals.generation
            let latest = time.now + Self.recheck
            do {
                if try await dispatchWaiting() > 0 { continue }
                let next = try await dispatch.nextTime(now: time.now)
                await arrivals.wait(after: seen, until: min(next ?? latest, latest), time: time)
            } catch let fault as RowFault {
                // A row that belongs to no event, window or waiting decision is no reason to end.
                logger.error("\(fault.message)", metadata: ["hint": "\(fault.hint ?? "")"])
                await arrivals.wait(after: seen, until: latest, time: time)
            }
        }
    }

    /// Decides the waiting events, and everything that is due.
    ///
    /// - Returns: how many events, windows and slots were handled.
    package func dispatchWaiting() async throws -> Int {
        let snapshot = codex.head
        let policy = AdmissionPolicy(snapshot)
        do {
            return try await decideWaiting(snapshot, policy) + settleDue(policy, snapshot) + blockOverdue(snapshot)
        } catch let stale as StaleHead {
            // Another process accepted a newer commit, which decides the undecided events.
            return await follow(stale.accepted) ? 1 : 0
        }
    }

    /// A commit that is not here yet, or that may not count here, is tried again with the next event or the next look.
    private func follow(_ commit: String) async -> Bool {
        do {
            try await codex.follow(commit)
            return true
        } catch {
            logger.error(
                "cannot load the accepted commit; deciding nothing",
                metadata: ["commit": "\(commit)", "reason": "\(error)"])
            return false
        }
    }

    private func decideWaiting(_ snapshot: CodexSnapshot, _ policy: AdmissionPolicy) async throws -> Int {
        let messages = try await dispatch.inbound(limit: Self.batchLimit, roots: roots, now: time.now, tell: log)
        guard !messages.isEmpty else { return 0 }
        let router = current.router(for: snapshot)
        let alerts = try await budgets.alertLevels(now: time.now)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for message in messages {
                group.addTask { try await decide(message, router, policy, alerts, snapshot) }
            }
            try await group.waitForAll()
        }
        return messages.count
    }

    private func decide(
        _ message: InboundMessage, _ router: Router, _ policy: AdmissionPolicy, _ alerts: AlertLevels,
        _ snapshot: CodexSnapshot
    ) async throws {
        let event = message.event
        let decisions: [Decision]
        if let damage = message.damage {
            logger.error("\(damage)", metadata: ["event": "\(event.id)", "hint": "restore the ledger from a backup"])
            decisions = [Decision(rule: "", agent: "", outcome: .invalid, reasons: [damage])]
        } else {
            let routed = router.decide(event, rootTokens: message.rootTokens, now: time.now)
            decisions = policy.applied(to: routed, of: event, alerts: alerts)
        }
        let decided = try await dispatch.record(
            message, decisions, commit: snapshot.commit, head: fence(snapshot), now: time.now)
        for decision in decided ?? [] {
            log(decision.outcome, event: event.id, agent: decision.agent, rule: decision.rule, type: event.type)
        }
    }

    /// Takes the due slots and closes the due windows, concurrently so that they share commits.
    private func settleDue(_ policy: AdmissionPolicy, _ snapshot: CodexSnapshot) async throws -> Int {
        let now = time.now
        let turns = try await dispatch.duePending(limit: Self.batchLimit, roots: roots, now: now)
        let windows = try await dispatch.dueWindows(limit: Self.batchLimit, roots: roots, now: now)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for turn in turns { group.addTask { try await settle(turn, policy, snapshot, now: now) } }
            for window in windows { group.addTask { try await close(window, policy, snapshot, now: now) } }
            try await group.waitForAll()
        }
        return turns.count + windows.count
    }

    private func settle(
        _ turn: PendingDecision, _ policy: AdmissionPolicy, _ snapshot: CodexSnapshot, now: Timestamp
    ) async throws {
        let decided = try await dispatch.settlePending(
            turn, commit: snapshot.commit, head: fence(snapshot), refusal: policy.refusal(of: turn.agent), now: now)
        guard let decided else { return }
        log(decided.outcome, event: turn.event, agent: turn.agent, rule: turn.rule)
    }

    private func close(
        _ window: OpenWindow, _ policy: AdmissionPolicy, _ snapshot: CodexSnapshot, now: Timestamp
    ) async throws {
        let place = window.place
        let decided = try await dispatch.closeWindow(
            window, commit: snapshot.commit, head: fence(snapshot), refusal: policy.refusal(of: place.agent), now: now)
        guard let decided else { return }
        log(decided.outcome, event: window.event, agent: place.agent, rule: place.rule)
    }

    /// The commit that must be the accepted one in the ledger; nil if this process runs on a fixed commit.
    func fence(_ snapshot: CodexSnapshot) -> String? { codex.fence.map { _ in snapshot.commit } }

    func log(_ message: UnreadableMessage) {
        logger.error(
            message.isKept ? "event kept until a guild can read it" : "event \(Decision.Outcome.invalid.rawValue)",
            metadata: [
                "event": "\(message.event.map(\.description) ?? "")", "reason": "\(message.fault.message)",
                "hint": "\(message.fault.hint ?? "")",
            ])
    }

    func log(_ outcome: Decision.Outcome, event: EventID, agent: String, rule: String, type: String? = nil) {
        var metadata: Logger.Metadata = ["event": "\(event)", "agent": "\(agent)", "rule": "\(rule)"]
        if let type { metadata["type"] = "\(type)" }
        logger.info("event \(outcome.rawValue)", metadata: metadata)
    }
}
