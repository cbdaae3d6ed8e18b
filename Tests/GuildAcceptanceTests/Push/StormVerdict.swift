import Foundation
import GuildDomain
import GuildLedger
import GuildTestSupport

/// What a storm of pushes must have left behind: each event decided once and run once, all of it on one accepted commit.
struct StormVerdict: Sendable {
    let site: Site
    let codex: StormCodex
    /// Every request that the models and GitHub got.
    let saidLog: String

    private static let headsLimit = 10_000

    func problems(of receipts: [Delivery: EventID]) async throws -> [String] {
        let ledger = try Ledger(at: LedgerLocation(path: site.ledgerPath), mustExist: true)
        defer { ledger.close() }
        var problems: [String] = []
        let heads = try await ledger.codex.lastHeads(limit: Self.headsLimit)
        let accepted = Set(heads.filter(\.isAccepted).map(\.commit))
        let generations = Dictionary(uniqueKeysWithValues: codex.generations.map { ($0.commit, $0) })
        for head in heads where generations[head.commit]?.isValid != head.isAccepted {
            problems.append("\(head.commit) was \(head.isAccepted ? "accepted" : "refused")")
        }
        let events = try await ledger.reports.status().events
        if events != receipts.count { problems.append("\(receipts.count) deliveries, but \(events) events") }
        let said = try sayings()
        var used: Set<String> = []
        for (delivery, event) in receipts.sorted(by: { $0.key.number < $1.key.number }) {
            guard let trace = try await ledger.reports.trace(of: event) else {
                problems.append("\(delivery.mark): acknowledged, but not in the ledger")
                continue
            }
            used.formUnion(trace.decisions.map(\.commit))
            problems += judge(trace, accepted, generations, said[delivery.mark] ?? [:]).map {
                "\(delivery.mark): \($0)"
            }
        }
        if used.count < 3 { problems.append("the storm passed by the events: decided on \(used.count) commits") }
        if try await !ledger.reports.isQuiet(root: nil) { problems.append("something is still to be done") }
        let verdict = try await ledger.audit.verify()
        if let problem = verdict.problem { problems.append("the audit breaks at \(problem.seq): \(problem.reason)") }
        return problems
    }

    private func judge(
        _ trace: EventTrace, _ accepted: Set<String>, _ generations: [String: StormCodex.Generation],
        _ said: [String: Int]
    ) -> [String] {
        var problems: [String] = []
        func check(_ isRight: Bool, _ problem: @autoclosure () -> String) { if !isRight { problems.append(problem()) } }
        guard trace.decisions.count == 1, let decision = trace.decisions.first, decision.isFinal,
            decision.outcome == "dispatched"
        else { return ["decisions \(trace.decisions.map(\.outcome))"] }
        check(accepted.contains(decision.commit), "decided on \(decision.commit), which was never accepted")
        guard let generation = generations[decision.commit] else {
            return ["decided on a stranger, \(decision.commit)"]
        }
        check(decision.agent == generation.agent, "\(decision.agent) called, at \(generation.agent)'s commit")
        guard trace.invocations.count == 1, let row = trace.invocations.first else {
            return problems + ["\(trace.invocations.count) invocations"]
        }
        let invocation = row.invocation
        check(invocation.id == decision.invocation, "another invocation than was decided")
        check(invocation.commit == decision.commit, "runs \(invocation.commit), decided on \(decision.commit)")
        check(invocation.agent == generation.agent, "runs \(invocation.agent)")
        check(invocation.state == .succeeded, "ended \(invocation.state): \(invocation.outcome ?? "")")
        let answered = row.turns.filter(\.isAnswered)
        check(answered.map(\.n) == [1, 2], "answered turns \(answered.map(\.n))")
        check(Set(said.keys) == [generation.saying], "told the model \(said), wanted \(generation.saying)")
        // A call that a kill cut off may be made again, once for each of its turns that was left without an answer.
        let calls = said.values.reduce(0, +)
        check(
            (answered.count...max(answered.count, row.turns.count)).contains(calls),
            "\(calls) model calls for \(row.turns.count) turns")
        return problems
    }

    /// What the models were told which commits they run on, how often, by the mark of the delivery.
    private func sayings() throws -> [String: [String: Int]] {
        var sayings: [String: [String: Int]] = [:]
        var log = LogTail(saidLog)
        for line in try log.newLines() {
            guard let said = line.range(of: Data(StormCodex.mark.utf8)),
                let mark = line.range(of: Data(Delivery.markPrefix.utf8))
            else { continue }
            let delivery = String(decoding: line[mark.lowerBound...].prefix(Delivery.markBytes), as: UTF8.self)
            let text = String(
                decoding: line[said.lowerBound...].prefix(80).prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
            sayings[delivery, default: [:]][text, default: 0] += 1
        }
        return sayings
    }
}
