import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct TurnsTests {
    @Test func `a turn is reserved, sent, answered and settled, and the books balance`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let plan = TurnPlan.sample(of: invocation, input: 100, output: 1000)
            let reservation = try await ledger.invocations.beginTurn(
                plan, of: invocation, worker: worker, isSending: true, now: start)
            #expect(reservation.tokens == 1100)
            #expect(reservation.cost == 2100)
            #expect(try await ledger.state(of: invocation.id) == .active)
            #expect(try await ledger.budgets.account("agent/ranger")?.reserved == 1100)
            #expect(try await ledger.openAccounts() == 2)
            let usage = TokenUsage(input: 60, cacheRead: 20, cacheWrite: 10, output: 30, reasoning: 5)
            let state = try await ledger.invocations.recordAnswer(
                .sample(usage), plan: plan, reservation: reservation, of: invocation, waitUntil: start, now: start)
            #expect(state == .active)
            for name in ["agent/ranger", "invocation/\(invocation.id)"] {
                let account = try #require(try await ledger.budgets.account(name))
                #expect(account.used == 125)
                #expect(account.reserved == 0)
                #expect(account.usedCost == 160)
                #expect(account.reservedCost == 0)
            }
            #expect(try await ledger.openAccounts() == 0)
            #expect(try await ledger.unbalancedEntries() == 0)
            #expect(try await ledger.count("SELECT count(*) FROM entries") == 2)
            #expect(try await ledger.count("SELECT count(DISTINCT account) FROM postings") == 1)
            let journalled = try await ledger.invocations.turns(of: invocation.id)
            #expect(journalled.map(\.usage) == [usage])
            #expect(journalled.map(\.delta) == [["text": "hello"]])
            #expect(journalled.first?.isAnswered == true)
            let now = try #require(try await ledger.invocations.find(invocation.id))
            #expect(now.usage == usage)
            #expect(now.costMicrodollars == 160)
        }
    }

    @Test func `the last answer ends its invocation in the same transaction`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let plan = TurnPlan.sample(of: invocation)
            let reservation = try await ledger.invocations.beginTurn(
                plan, of: invocation, worker: worker, isSending: true, now: start)
            let state = try await ledger.invocations.recordAnswer(
                .sample(TokenUsage(input: 1, output: 1)), plan: plan, reservation: reservation, of: invocation,
                waitUntil: start, ending: (.succeeded, "done"), now: start)
            #expect(state == .succeeded)
            let ended = try #require(try await ledger.invocations.find(invocation.id))
            #expect(ended.state == .succeeded)
            #expect(ended.outcome == "done")
            #expect(ended.endedAt == start)
            #expect(try await ledger.openAccounts() == 0)
            #expect(try await ledger.auditKinds().suffix(2) == ["model.called", "invocation.ended"])
            await #expect(throws: LedgerFailure.self) {
                try await ledger.invocations.end(invocation, as: .failed, outcome: "late", now: start)
            }
        }
    }

    @Test func `an answered turn is never begun again, nor a second call beside one under way`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(1, of: invocation, worker)
            let fenced = LedgerFailure.fenced(what: "turn 1 of \(invocation.id)")
            await #expect(throws: fenced) {
                _ = try await ledger.invocations.beginTurn(
                    .sample(1, of: invocation), of: invocation, worker: worker, now: start)
            }
            let two = TurnPlan.sample(2, of: invocation)
            let reservation = try await ledger.invocations.beginTurn(
                two, of: invocation, worker: worker, isSending: true, now: start)
            await #expect(throws: LedgerFailure.self) {
                _ = try await ledger.invocations.beginTurn(
                    .sample(3, of: invocation), of: invocation, worker: worker, now: start)
            }
            #expect(try await ledger.budgets.account("agent/ranger")?.reserved == reservation.tokens)
            // An answer is recorded once.
            for isFirst in [true, false] {
                let record = {
                    _ = try await ledger.invocations.recordAnswer(
                        .sample(), plan: two, reservation: reservation, of: invocation, waitUntil: start, now: start)
                }
                if isFirst {
                    try await record()
                } else {
                    await #expect(throws: LedgerFailure.self) { try await record() }
                }
            }
            #expect(try await ledger.budgets.account("agent/ranger")?.reserved == 0)
        }
    }

    @Test func `a lost turn that was only held is released, one that was sent is posted at its bound`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let plan = TurnPlan.sample(of: invocation, input: 100, output: 1000)
            let held = try await ledger.invocations.beginTurn(plan, of: invocation, worker: worker, now: start)
            try await ledger.invocations.recordLostTurn(
                plan, reservation: held, of: invocation, LostAnswer(reason: "no line", mayHaveBilled: true), now: start)
            #expect(try await ledger.budgets.account("agent/ranger")?.used == 0)
            // The same turn of the same attempt, again.
            let sent = try await ledger.invocations.beginTurn(
                plan, of: invocation, worker: worker, isSending: true, now: start)
            try await ledger.invocations.recordLostTurn(
                plan, reservation: sent, of: invocation, LostAnswer(reason: "refused", mayHaveBilled: false), now: start
            )
            #expect(try await ledger.budgets.account("agent/ranger")?.used == 0)
            let billed = try await ledger.invocations.beginTurn(
                plan, of: invocation, worker: worker, isSending: true, now: start)
            try await ledger.invocations.recordLostTurn(
                plan, reservation: billed, of: invocation, LostAnswer(reason: "cut", mayHaveBilled: true), now: start)
            let account = try #require(try await ledger.budgets.account("agent/ranger"))
            #expect(account.used == 1100)
            #expect(account.usedCost == 2100)
            #expect(account.reserved == 0)
            try await ledger.turn(1, of: invocation, worker)
            let turns = try await ledger.invocations.turns(of: invocation.id)
            #expect(turns.count == 1)
            #expect(turns.first?.usage.total == 1230)
            #expect(try await ledger.unbalancedEntries() == 0)
            #expect(
                try await ledger.auditKinds().filter { $0.hasPrefix("model.") || $0.hasPrefix("budget.") } == [
                    "model.failed", "model.failed", "model.failed", "budget.estimated", "model.called",
                ])
        }
    }

    @Test func `an answer without usage is posted at its bound, marked estimated`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, usage: nil)
            #expect(try await ledger.budgets.account("agent/ranger")?.used == 1100)
            #expect(try await ledger.budgets.account("agent/ranger")?.usedCost == 2100)
            #expect(try await ledger.count("SELECT count(*) FROM entries WHERE estimated = 1") == 1)
            let line = try #require(
                try await ledger.reports.usage(by: .agent, since: start, until: start + .seconds(1)).first)
            #expect(line.estimatedTokens == 1100)
        }
    }

    @Test func `more than was reserved is a marked overrun`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, usage: TokenUsage(input: 900, output: 700))
            #expect(try await ledger.count("SELECT sum(overrun) FROM entries") == 500)
            #expect(try await ledger.count("SELECT sum(overrun_cost) FROM entries") == 200)
            #expect(try await ledger.auditKinds().contains("budget.overrun"))
            #expect(try await ledger.unbalancedEntries() == 0)
        }
    }

    @Test(arguments: [
        TokenUsage(input: .max, cacheRead: .max, output: .max), TokenUsage(input: -5, output: .min),
    ])
    func `nonsense from a provider neither traps nor breaks the books`(usage: TokenUsage) async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            for n in 1...3 { try await ledger.turn(n, of: invocation, worker, usage: usage) }
            #expect(try await ledger.unbalancedEntries() == 0)
            let account = try #require(try await ledger.budgets.account("agent/ranger"))
            #expect(account.used >= 0)
            #expect(account.reserved == 0)
            #expect(
                try await ledger.reports.usage(by: .agent, since: start, until: start + .seconds(1)).first?.calls == 3)
        }
    }

    @Test func `only actions pending lets go of the worker, a pending read does not`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let state = try await ledger.turn(
                of: invocation, worker, calls: [.read(0), .write(1, name: "w"), .read(2)])
            #expect(state == .active)
            var done = ToolCall.read(0)
            done.result = "found"
            let half = try await ledger.invocations.recordResults(
                [done], turn: 1, of: invocation, waitUntil: start + .seconds(60), now: start)
            #expect(half == .active)
            done.position = 2
            done.isError = true
            let all = try await ledger.invocations.recordResults(
                [done], turn: 1, of: invocation, waitUntil: start + .seconds(60), now: start)
            #expect(all == .waiting)
            let now = try #require(try await ledger.invocations.find(invocation.id))
            #expect(now.waitReason == .action)
            #expect(now.availableAt == start + .seconds(60))
            let calls = try await ledger.invocations.turns(of: invocation.id).flatMap(\.calls)
            #expect(calls.map(\.result) == ["found", nil, "found"])
            #expect(calls.map(\.isError) == [false, false, true])
            await #expect(throws: LedgerFailure.self) {
                _ = try await ledger.invocations.recordResults(
                    [done], turn: 1, of: invocation, waitUntil: start, now: start)
            }
        }
    }

    @Test func `a call that has its result takes no second one`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.read(0), .read(1)])
            var call = ToolCall.read(0)
            for text in ["first", "second"] {
                call.result = text
                _ = try await ledger.invocations.recordResults(
                    [call], turn: 1, of: invocation, waitUntil: start, now: start)
            }
            #expect(try await ledger.invocations.turns(of: invocation.id)[0].calls[0].result == "first")
            #expect(try await ledger.auditKinds().filter { $0 == "tool.called" }.count == 1)
        }
    }

    @Test(arguments: ["finish", "retry", "give back", "wait"])
    func `an attempt that leaves with a call under way leaves no reservation open`(way: String) async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let plan = TurnPlan.sample(of: invocation)
            _ = try await ledger.invocations.beginTurn(
                plan, of: invocation, worker: worker, isSending: true, now: start)
            switch way {
            case "finish": try await ledger.invocations.end(invocation, as: .cancelled, outcome: "stopped", now: start)
            case "retry":
                try await ledger.invocations.retryLater(invocation, reason: "x", availableAt: start, now: start)
            case "give back": try await ledger.invocations.move(invocation, to: .queued, now: start)
            default: try await ledger.invocations.move(invocation, to: .waiting, waiting: .budget, now: start)
            }
            #expect(try await ledger.budgets.account("agent/ranger")?.reserved == 0)
            #expect(try await ledger.budgets.account("agent/ranger")?.used == 1100)
            #expect(try await ledger.text("SELECT state FROM turns") == "lost")
            #expect(try await ledger.count("SELECT count(*) FROM reservations WHERE state IN ('held', 'sent')") == 0)
        }
    }
}
