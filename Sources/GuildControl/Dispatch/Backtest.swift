package import GuildCodex
package import GuildDomain
package import GuildLedger

/// Decides recorded events by another revision: what would have been dispatched, and its cost by the mean usage of each
/// agent's runs. The clock is the events' own; nothing runs and nothing is written.
package struct Backtest: Sendable {
    /// One agent, then and now.
    package struct Line: Sendable, Hashable {
        /// The agent's name.
        package let agent: String
        /// Runs that the recorded decisions set going.
        package var recorded = 0
        /// Runs that the revision would set going.
        package var expected = 0
        /// Events that a window or another rule would have brought into one of those.
        package var merged = 0
        /// Events that would have waited for a rate, or been refused by one.
        package var limited = 0
        /// Nil if no run of the agent has called a model yet.
        package var meanTokens: Int64?
        /// The mean cost of its runs in micro-dollars; nil if none called a model.
        package var meanCost: Int64?

        /// The tokens of the runs that would start; nil without a mean.
        package var expectedTokens: Int64? { meanTokens.map { Int64(clamping: Int128($0) * Int128(expected)) } }
        /// The micro-dollars of the runs that would start; nil without a mean.
        package var expectedCost: Int64? { meanCost.map { Int64(clamping: Int128($0) * Int128(expected)) } }
        /// The tokens of the runs that did start, at the same mean; nil without one.
        package var recordedTokens: Int64? { meanTokens.map { Int64(clamping: Int128($0) * Int128(recorded)) } }
        /// The micro-dollars of the runs that did start, at the same mean; nil without one.
        package var recordedCost: Int64? { meanCost.map { Int64(clamping: Int128($0) * Int128(recorded)) } }
    }

    /// An event about which the revision decides otherwise.
    package struct Change: Sendable, Hashable {
        /// The event that is decided differently.
        package let event: EventID
        /// The event's type.
        package let type: String
        /// The event's subject.
        package let subject: String?
        /// Agents that would run now and did not, and the other way round.
        package let added: [String]
        /// The agents that would no longer be called.
        package let removed: [String]
    }

    /// The commit that decides.
    package let commit: String
    /// The number of events that were decided.
    package private(set) var events = 0
    /// Of them, those whose content retention has erased.
    package private(set) var erased = 0
    /// Of them, those whose content cannot be read.
    package private(set) var damaged = 0
    /// The number of events that are decided differently.
    package private(set) var changed = 0
    /// The first of those that changed.
    package private(set) var changes: [Change] = []
    private var byAgent: [String: Line] = [:]

    /// One line for each agent, by name.
    package var lines: [Line] { byAgent.values.sorted { $0.agent < $1.agent } }

    private static let pageSize = 200
    /// The most changes that are listed.
    package static let listedChanges = 20

    private init(commit: String) { self.commit = commit }

    package static func run(
        _ snapshot: CodexSnapshot, since: Timestamp, in reports: ReportLedger
    ) async throws -> Backtest {
        let router = Router(snapshot)
        let policy = AdmissionPolicy(snapshot)
        var expected: [String: Int64] = [:]
        for name in snapshot.agentsByName.map(\.name) {
            expected[name] = try await reports.meanUse(of: name)?.tokens
        }
        var test = Backtest(commit: snapshot.commit)
        var last = Int64(0)
        var book = MemoryBook(expected: expected)
        while true {
            let page = try await reports.recordedEvents(since: since, after: last, limit: pageSize)
            guard let end = page.last else { break }
            for recorded in page { try test.take(recorded, router, policy, &book) }
            last = end.seq
            try Task.checkCancellation()
        }
        for agent in test.byAgent.keys.sorted() {
            guard let mean = try await reports.meanUse(of: agent) else { continue }
            test.byAgent[agent]?.meanTokens = mean.tokens
            test.byAgent[agent]?.meanCost = mean.costMicrodollars
        }
        return test
    }

    private mutating func take(
        _ recorded: RecordedEvent, _ router: Router, _ policy: AdmissionPolicy, _ book: inout MemoryBook
    ) throws {
        events += 1
        guard !recorded.isErased else { return erased += 1 }
        guard !recorded.isDamaged else { return damaged += 1 }
        // A person's own run is not a decision of the codex.
        guard !(recorded.event.system == "cli" && recorded.event.type == "run.requested") else { return }
        let now = recorded.receivedAt
        book.close(until: now)
        let routed = policy.applied(to: router.decide(recorded.event, now: now), of: recorded.event)
        var wanted: Set<String> = []
        for decision in try Decision.admitted(routed, in: &book, now: now) where !decision.agent.isEmpty {
            var line = byAgent[decision.agent] ?? Line(agent: decision.agent)
            switch decision.outcome {
            // A window is one run from its first event on; one that waits runs later.
            case .dispatched, .deferred:
                line.expected += 1
                wanted.insert(decision.agent)
            case .rateLimited:
                line.expected += 1
                line.limited += 1
                wanted.insert(decision.agent)
            case .merged:
                line.merged += 1
                if decision.mergedInto != nil { wanted.insert(decision.agent) }
            case .rejected: line.limited += 1
            case .unrouted, .invalid, .ownEvent, .loopStopped, .overBudget, .paused, .blocked: break
            }
            byAgent[decision.agent] = line
        }
        book.settleHolds()
        compare(recorded, wanted)
    }

    private mutating func compare(_ recorded: RecordedEvent, _ wanted: Set<String>) {
        // Work that waits for a window or a slot will still run.
        let running = recorded.outcomes.filter { $0.outcome == Decision.Outcome.dispatched.rawValue || !$0.isFinal }
        for agent in running.map(\.agent) { byAgent[agent, default: Line(agent: agent)].recorded += 1 }
        let merged = recorded.outcomes.filter { $0.outcome == Decision.Outcome.merged.rawValue }
        let before = Set((running + merged).map(\.agent))
        let added = wanted.subtracting(before)
        let removed = before.subtracting(wanted)
        guard !added.isEmpty || !removed.isEmpty else { return }
        changed += 1
        guard changes.count < Self.listedChanges else { return }
        changes.append(
            Change(
                event: recorded.event.id, type: recorded.event.type, subject: recorded.event.subject,
                added: added.sorted(), removed: removed.sorted()))
    }
}
