import GuildDomain
import GuildLedger
import GuildTestSupport

/// What the ledger and the stand-in's log say at the end, held against what was promised.
struct Verdict: Sendable {
    private(set) var problems: [String]
    private(set) var events = 0
    private(set) var modelCalls = 0
    private(set) var answeredTurns = 0
    private(set) var estimatedTurns = 0
    private(set) var actions = 0
    private(set) var comments = 0
    let resent: Int

    private let killsByAction: [ActionID: Int]

    init(site: Site, arrivals: Arrivals, kills: [Kill], feed: Feed, problems: [String]) async throws {
        self.problems = problems + feed.problems
        resent = feed.resent
        killsByAction = Dictionary(kills.flatMap(\.sends).map { ($0, 1) }, uniquingKeysWith: +)
        modelCalls = arrivals.calls.values.reduce(0, +)
        comments = arrivals.comments.values.reduce(0, +)
        let ledger = try Ledger(at: LedgerLocation(path: site.ledgerPath), mustExist: true)
        defer { ledger.close() }
        let receipts = feed.receipts
        check(feed.unanswered == 0, "\(feed.unanswered) deliveries were never answered")
        check(arrivals.strangers.isEmpty, "the stand-in got requests of nobody's: \(arrivals.strangers)")
        check(Set(receipts.values).count == receipts.count, "two deliveries were given one event")
        let inLedger = try await ledger.reports.status().events
        check(inLedger == receipts.count, "\(receipts.count) deliveries, but \(inLedger) events")
        for (delivery, event) in receipts.sorted(by: { $0.key.number < $1.key.number }) {
            try await judge(delivery, event, in: ledger, arrivals)
        }
        judgeSums(kills, arrivals)
        try await judgeBooks(ledger)
        try await judgeChain(site, ledger)
    }

    /// One event: decided, run to one end, its calls accounted for, its action done.
    private mutating func judge(
        _ delivery: Delivery, _ event: EventID, in ledger: Ledger, _ arrivals: Arrivals
    ) async throws {
        let name = "\(delivery.mark) (event \(event))"
        guard let trace = try await ledger.reports.trace(of: event) else {
            return problems.append("\(name): acknowledged, but not in the ledger")
        }
        events += 1
        check(trace.decisions.map(\.outcome) == ["dispatched"], "\(name): decisions \(trace.decisions.map(\.outcome))")
        check(trace.invocations.count == 1, "\(name): \(trace.invocations.count) invocations")
        for row in trace.invocations {
            let state = row.invocation.state
            check(state == .succeeded, "\(name): its invocation is \(state): \(row.invocation.outcome ?? "")")
            judgeTurns(row.turns, name, calls: arrivals.calls[delivery.mark] ?? 0)
            check(row.actions.count == 1, "\(name): \(row.actions.count) actions")
            for action in row.actions { judge(action, name, arrivals) }
        }
    }

    private mutating func judgeTurns(_ turns: [JournalledTurn], _ name: String, calls: Int) {
        let answered = turns.filter(\.isAnswered)
        let estimated = turns.filter { !$0.isAnswered && $0.usage.total > 0 }
        check(answered.map(\.n) == [1, 2], "\(name): answered turns \(answered.map(\.n))")
        check(turns.allSatisfy { $0.endedAt != nil }, "\(name): a turn was left open")
        check(
            (answered.count...answered.count + estimated.count).contains(calls),
            "\(name): \(calls) model calls, \(answered.count) turns answered and \(estimated.count) posted as estimates"
        )
        answeredTurns += answered.count
        estimatedTurns += estimated.count
    }

    private mutating func judge(_ row: EventTrace.ActionRow, _ name: String, _ arrivals: Arrivals) {
        let action = row.action
        actions += 1
        check(action.state == .succeeded, "\(name): its action is \(action.state): \(action.error ?? "")")
        check(row.attempts.allSatisfy { $0.endedAt != nil }, "\(name): an attempt at its action was left open")
        let (times, kills) = (arrivals.comments[action.idempotencyKey] ?? 0, killsByAction[action.id] ?? 0)
        check(
            times == 1 || (times == 2 && kills > 0),
            "\(name): its comment arrived \(times) times; \(kills) kills fell into its sending")
    }

    private mutating func judgeSums(_ kills: [Kill], _ arrivals: Arrivals) {
        let callsKilled = kills.reduce(0) { $0 + $1.calls }
        check(
            modelCalls <= answeredTurns + callsKilled,
            "\(modelCalls) model calls, but \(answeredTurns) turns and kills in \(callsKilled) calls")
        // Fewer are possible: an answer whose last frame was in the log but not in the shared index at the kill is not seen
        // while another process has the ledger open, and counts after all for the first who opens it anew.
        check(
            estimatedTurns <= callsKilled,
            "\(estimatedTurns) calls posted as estimates, but kills fell into only \(callsKilled)")
        check(arrivals.comments.count == actions, "\(arrivals.comments.count) idempotency keys for \(actions) actions")
        for place in [Place.idle, .commit, .modelCall, .send] {
            check(kills.contains { $0.places.contains(place) }, "no kill fell \(place.rawValue)")
        }
    }

    /// No reservation is left, and each estimate stands in the audit log.
    private mutating func judgeBooks(_ ledger: Ledger) async throws {
        let open = try await OpenWork.accounts(in: ledger)
        check(open.isEmpty, "accounts still hold reservations: \(open.prefix(5))")
        check(try await ledger.reports.isQuiet(root: nil), "after the drain something is still to be done")
        check(try await ledger.workers.dead().isEmpty, "a dead worker was never noticed")
        var filter = AuditFilter()
        filter.kind = "budget.estimated"
        filter.limit = .max
        let audited = try await ledger.audit.log(filter).count
        check(audited == estimatedTurns, "\(estimatedTurns) estimates in the journal, \(audited) in the audit log")
    }

    private mutating func judgeChain(_ site: Site, _ ledger: Ledger) async throws {
        let verdict = try await ledger.audit.verify()
        if let problem = verdict.problem {
            problems.append("the audit chain breaks at \(problem.seq): \(problem.reason)")
        }
        let verified = try await site.run(["audit", "verify"])
        check(verified.status == 0, "guild audit verify: \(verified.ending)\n\(verified.output)\(verified.errors)")
    }

    private mutating func check(_ isRight: Bool, _ problem: String) {
        if !isRight { problems.append(problem) }
    }
}
