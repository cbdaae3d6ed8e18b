import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct BudgetGrantTests {
    private let noon = Timestamp(seconds: 1_800_014_400)
    private let user = "user:ada"

    private func refused(
        _ ledger: Ledger, _ invocation: Invocation, _ worker: Worker, _ n: Int, _ limits: [AccountLimit],
        now: Timestamp
    ) async throws -> BudgetExceeded {
        do {
            let plan = TurnPlan.sample(n, of: invocation, limits: limits)
            _ = try await ledger.invocations.beginTurn(plan, of: invocation, worker: worker, now: now)
        } catch let refusal as BudgetExceeded {
            return refusal
        }
        throw Failure(.failed, "it was not refused")
    }

    @Test func `what a budget stopped waits with its journal, and a grant that is enough wakes it`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            let limits = [agentLimit(.day, 1000), agentLimit(.month, 1000)]
            try await ledger.spend(TokenUsage(input: 600, output: 100), of: caller, worker, limits: limits, now: noon)
            let refusal = try await refused(ledger, caller, worker, 2, limits, now: noon)
            try await ledger.budgets.suspend(caller, refused: refusal, partial: "half", now: noon)
            let waiting = try #require(try await ledger.invocations.find(caller.id))
            #expect(waiting.state == .waiting)
            #expect(waiting.waitReason == .budget)
            #expect(waiting.outcome == "half")
            #expect(waiting.availableAt == PeriodCalendar(.gmt).day(at: noon).upperBound)
            let wait = try #require(try await ledger.budgets.wait(of: caller.id))
            #expect(wait.needed == 356 && wait.enough == 1800)
            #expect(wait.reason.hasPrefix("room in agent/ranger: tokenBudget.perDay is 1000 tokens; 700 used"))
            let little = try await ledger.budgets.grant(
                GrantRequest(account: .agent("ranger"), tokens: 55, reason: "some", actor: user), now: noon)
            #expect(little.woken == [])
            #expect(little.stillWaiting == 1)
            #expect(little.grants.map(\.period).sorted { $0.rawValue < $1.rawValue } == [.day, .month])
            let enough = try await ledger.budgets.grant(
                GrantRequest(account: .agent("ranger"), tokens: 1, reason: "more", actor: user), now: noon)
            #expect(enough.woken == [caller.id])
            #expect(try await ledger.state(of: caller.id) == .queued)
            #expect(try await ledger.budgets.wait(of: caller.id) == nil)
            let again = try #require(try await ledger.claim(worker, now: noon))
            let reservation = try await ledger.invocations.beginTurn(
                .sample(2, of: again, limits: limits), of: again, worker: worker, now: noon)
            #expect(reservation.output == 256)
            #expect(try await ledger.invocations.turns(of: caller.id).count == 2)
            let kinds = try await ledger.auditKinds()
            #expect(kinds.filter { $0 == "budget.granted" }.count == 4)
            #expect(kinds.contains("budget.waited"))
            #expect(kinds.contains("budget.resumed"))
            #expect(try await ledger.sound(now: noon).excesses == [])
        }
    }

    @Test func `a grant to an invocation lasts its life`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            let own = "invocation/\(caller.id)"
            let limits = [AccountLimit(account: own, tokens: 500, setting: "perInvocation")]
            try await ledger.spend(TokenUsage(input: 300), of: caller, worker, limits: limits, now: noon)
            let refusal = try await refused(ledger, caller, worker, 2, limits, now: noon)
            #expect(refusal.relief == .grant)
            #expect(refusal.hint?.contains("guild budget grant \(own) 900 --reason") == true)
            try await ledger.budgets.suspend(caller, refused: refusal, partial: "", now: noon)
            let outcome = try await ledger.budgets.grant(
                GrantRequest(account: .invocation(caller.id), tokens: 156, reason: "go on", actor: user), now: noon)
            #expect(outcome.woken == [caller.id])
            #expect(outcome.grants.first?.until == nil)
        }
    }

    @Test(arguments: [(BudgetPeriod.hour, " --period hour"), (.day, "")])
    func `what a refusal proposes is enough for the whole call`(period: BudgetPeriod, words: String) async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            // The day's is red, which keeps this priority back whatever room there is.
            let limits = [agentLimit(period, 10_000)]
            try await ledger.spend(TokenUsage(input: 9_800), of: caller, worker, limits: limits, output: 1, now: noon)
            let refusal = try await refused(ledger, caller, worker, 2, limits, now: noon)
            #expect(refusal.alert == (period == .day ? .red : .none))
            // 9,800 used and 1,100 for the call; 9,800 is less than 95 % of that.
            #expect(refusal.hint?.contains("`guild budget grant agent/ranger 900\(words) --reason WHY`") == true)
            _ = try await ledger.budgets.grant(
                GrantRequest(account: .agent("ranger"), period: period, tokens: 900, reason: "go on", actor: user),
                now: noon)
            let plan = TurnPlan.sample(2, of: caller, limits: limits)
            let reservation = try await ledger.invocations.beginTurn(plan, of: caller, worker: worker, now: noon)
            #expect(reservation.output == 1000)
        }
    }

    @Test func `a first call that does not fit its run's own limit is told so`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            let own = "invocation/\(caller.id)"
            let limits = [AccountLimit(account: own, tokens: 300, setting: "resources.tokenBudget.perInvocation")]
            let refusal = try await refused(ledger, caller, worker, 1, limits, now: noon)
            #expect(
                refusal.message == "\(own): resources.tokenBudget.perInvocation is 300 tokens; 0 used, 0 reserved, at "
                    + "least 356 needed: its first call does not fit")
            #expect(
                refusal.hint == "`guild budget grant \(own) 800 --reason WHY` adds enough for the next call, or raise "
                    + "resources.tokenBudget.perInvocation in the codex to 1100, or run with --budget 1100")
            try await ledger.budgets.suspend(caller, refused: refusal, partial: "", now: noon)
            let wait = try #require(try await ledger.budgets.wait(of: caller.id))
            #expect(wait.reason == "room in \(refusal.message); \(refusal.hint ?? "")")
        }
    }

    @Test func `what waits for a new day is taken up in it`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            let limits = [agentLimit(.day, 1000)]
            try await ledger.spend(TokenUsage(input: 900), of: caller, worker, limits: limits, now: noon)
            let refusal = try await refused(ledger, caller, worker, 2, limits, now: noon)
            try await ledger.budgets.suspend(caller, refused: refusal, partial: "", now: noon)
            let morning = PeriodCalendar(.gmt).day(at: noon).upperBound
            #expect(try await ledger.invocations.nextTime(worker: worker, now: noon) == morning)
            #expect(try await ledger.invocations.recoveryNeed(worker: worker, now: morning) == .now)
            #expect(try await ledger.invocations.recover(except: worker, now: morning).waits == 1)
            #expect(try await ledger.claim(worker, now: morning)?.id == caller.id)
            #expect(try await ledger.count("SELECT count(*) FROM budget_waits") == 0)
        }
    }

    @Test func `a limit that a commit raises wakes what waited, and one it lowers is recorded`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            try await ledger.spend(
                TokenUsage(input: 600), of: caller, worker, limits: [agentLimit(.month, 1000)], now: noon)
            let lowered = [agentLimit(.month, 500)]
            let refusal = try await refused(ledger, caller, worker, 2, lowered, now: noon)
            #expect(refusal.limit == 500)
            let found = try await ledger.sound(now: noon)
            #expect(found.excesses.map(\.amount) == [100])
            #expect(found.excesses.first?.reasons.map(\.kind) == [.loweredLimit])
            #expect(found.excesses.first?.unexplained == 0)
            try await ledger.budgets.suspend(caller, refused: refusal, partial: "", now: noon)
            try await ledger.budgets.noteLimits([agentLimit(.month, 2000)], rules: BudgetRules(), now: noon)
            #expect(try await ledger.state(of: caller.id) == .queued)
            #expect(try await ledger.sound(now: noon).excesses == [])
            #expect(try await ledger.auditKinds().filter { $0 == "budget.limit_changed" }.count == 3)
        }
    }

    @Test func `room that calls under way give back wakes one that fits, and no more`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let limits = [agentLimit(.day, 1500)]
            let first = try await ledger.caller("a", worker)
            let plan = TurnPlan.sample(1, of: first, limits: limits)
            let open = try await ledger.invocations.beginTurn(plan, of: first, worker: worker, now: noon)
            var others: [Invocation] = []
            for name in ["b", "c"] {
                let other = try await ledger.caller(name, worker)
                var wanted = TurnPlan.sample(1, of: other, limits: limits)
                wanted.inputBound = 800
                await #expect {
                    _ = try await ledger.invocations.beginTurn(wanted, of: other, worker: worker, now: noon)
                } throws: { ($0 as? BudgetExceeded)?.relief == .whenCallsSettle }
                let refusal = BudgetExceeded(
                    account: "agent/ranger", setting: "perDay", limit: 1500, used: 0, reserved: 1100, needed: 1056,
                    isMoney: false, isPriceUnknown: false, period: .day, relief: .whenCallsSettle)
                try await ledger.budgets.suspend(other, refused: refusal, partial: "", now: noon)
                others.append(other)
            }
            try await ledger.invocations.recordLostTurn(
                plan, reservation: open, of: first, LostAnswer(reason: "refused", mayHaveBilled: false), now: noon)
            #expect(try await ledger.state(of: others[0].id) == .queued)
            #expect(try await ledger.state(of: others[1].id) == .waiting)
        }
    }

    @Test func `a throttle lowers what runs until it is lifted or its time has come`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            let limits = [
                AccountLimit(account: "chapter/sea", period: .day, tokens: 10_000, setting: "tokenBudget.perDay"),
                AccountLimit(counting: "agent/ranger"),
            ]
            try await ledger.spend(TokenUsage(input: 400), of: caller, worker, limits: limits, now: noon)
            let until = noon + .seconds(3600)
            let throttle = try await ledger.budgets.throttle(
                ThrottleRequest(
                    account: .chapter("sea"), measure: .permille(50), until: until, reason: "calm", actor: user),
                now: noon)
            #expect(try await ledger.budgets.throttles(now: noon) == [throttle])
            let day = try #require(try await ledger.budgets.standing(of: .chapter("sea"), now: noon)?.period(.day))
            #expect(day.tokens.limit == 500)
            #expect(day.tokens.base == 10_000)
            #expect(day.level == .yellow)
            #expect(day.throttle == throttle)
            #expect(try await refused(ledger, caller, worker, 2, limits, now: noon).limit == 500)
            #expect(
                try await ledger.budgets.standing(of: .chapter("sea"), now: until)?.period(.day)?.tokens.limit == 10_000
            )
            // To a number, where the codex has no limit of that kind.
            _ = try await ledger.budgets.throttle(
                ThrottleRequest(
                    account: .chapter("sea"), period: .hour, measure: .tokens(450), reason: "calmer", actor: user),
                now: until)
            #expect(try await refused(ledger, caller, worker, 2, limits, now: until).period == .hour)
            _ = try await ledger.budgets.liftThrottle(of: .chapter("sea"), reason: "better", actor: user, now: until)
            #expect(try await ledger.budgets.throttles(now: until) == [])
            _ = try await ledger.invocations.beginTurn(
                .sample(2, of: caller, limits: limits), of: caller, worker: worker, now: until)
            let kinds = try await ledger.auditKinds()
            #expect(kinds.filter { $0 == "budget.throttled" }.count == 2)
            #expect(kinds.filter { $0 == "budget.throttle_lifted" }.count == 1)
        }
    }

    @Test func `only a person grants, with a reason, something, to an account that is limited`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            try await ledger.spend(
                TokenUsage(input: 1), of: caller, worker, limits: [AccountLimit(counting: "agent/ranger")], now: noon)
            func grant(
                _ account: AccountName = .agent("ranger"), _ period: BudgetPeriod? = nil, tokens: Int64 = 10,
                reason: String = "why", actor: String = "user:ada"
            ) async throws {
                _ = try await ledger.budgets.grant(
                    GrantRequest(account: account, period: period, tokens: tokens, reason: reason, actor: actor),
                    now: noon)
            }
            await #expect(throws: BudgetCommandFailure.notAPerson("executor")) { try await grant(actor: "executor") }
            await #expect(throws: BudgetCommandFailure.noReason) { try await grant(reason: " ") }
            await #expect(throws: BudgetCommandFailure.nothing) { try await grant(tokens: 0) }
            await #expect(throws: BudgetCommandFailure.nothing) { try await grant(tokens: -4) }
            await #expect(throws: BudgetCommandFailure.unknownAccount("agent/nobody")) {
                try await grant(.agent("nobody"))
            }
            await #expect(throws: BudgetCommandFailure.unlimited(account: "agent/ranger")) { try await grant() }
            #expect(try await !ledger.auditKinds().contains("budget.granted"))
        }
    }

    @Test func `a grant of what no limit counts is refused, and says what is limited`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            let limit = AccountLimit(account: "agent/ranger", period: .day, tokens: 1000, setting: "perDay")
            try await ledger.spend(TokenUsage(input: 1), of: caller, worker, limits: [limit], now: noon)
            func grant(_ period: BudgetPeriod?, tokens: Int64, cost: Int64) async throws {
                _ = try await ledger.budgets.grant(
                    GrantRequest(
                        account: .agent("ranger"), period: period, tokens: tokens, cost: cost, reason: "why",
                        actor: "user:ada"), now: noon)
            }
            // Beside tokens too: money that nothing counts would be recorded and change nothing.
            for tokens in [Int64(0), 10] {
                await #expect(
                    throws: BudgetCommandFailure.noSuchLimit(
                        account: "agent/ranger", unit: "money", period: nil, limited: ["tokens by day"])
                ) { try await grant(nil, tokens: tokens, cost: 5) }
            }
            await #expect(
                throws: BudgetCommandFailure.noSuchLimit(
                    account: "agent/ranger", unit: "tokens", period: "month", limited: ["tokens by day"])
            ) { try await grant(.month, tokens: 10, cost: 0) }
            #expect(try await !ledger.auditKinds().contains("budget.granted"))
        }
    }
}
