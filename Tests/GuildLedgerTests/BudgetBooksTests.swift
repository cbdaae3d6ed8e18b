import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct BudgetBooksTests {
    @Test func `of 64 callers in two processes exactly as many pass as there is room for`() async throws {
        try await withTwoLedgers { one, two async throws in
            let (mine, theirs) = (try await one.worker(), try await two.worker())
            var claims: [(Ledger, Worker, Invocation)] = []
            for number in 0..<64 {
                let (ledger, worker) = number.isMultiple(of: 2) ? (one, mine) : (two, theirs)
                claims.append((ledger, worker, try await ledger.running("\(number)", worker)))
            }
            let (room, each): (Int64, Int64) = (13, 356)
            let limit = AccountLimit(account: "agent/ranger", tokens: room * each + each - 1, setting: "perDay")
            let results = await withTaskGroup(of: Result<Reservation, any Error>.self) { group in
                for (ledger, worker, invocation) in claims {
                    group.addTask {
                        let plan = TurnPlan.sample(of: invocation, input: 100, output: 256, limits: [limit])
                        do {
                            return .success(
                                try await ledger.invocations.beginTurn(plan, of: invocation, worker: worker, now: start)
                            )
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: [Result<Reservation, any Error>]()) { $0.append($1) }
            }
            let passed = results.filter { if case .success = $0 { true } else { false } }
            let refused = results.filter { if case .failure(is BudgetExceeded) = $0 { true } else { false } }
            #expect(passed.count == 13)
            #expect(refused.count == 51)
            #expect(try await one.budgets.account("agent/ranger")?.reserved == room * each)
            #expect(try await one.count("SELECT count(*) FROM turns") == 13)
            #expect(try await one.auditKinds().filter { $0 == "budget.refused" }.count == 51)
            #expect(try await one.audit.verify().problem == nil)
        }
    }

    @Test func `all accounts hold, or none does`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let plan = TurnPlan.sample(
                of: invocation,
                limits: [
                    AccountLimit(account: "agent/ranger", tokens: 10_000, setting: "perDay"),
                    AccountLimit(account: "organization", tokens: 100, setting: "perMonth"),
                ])
            let expected = BudgetExceeded(
                account: "organization", setting: "perMonth", limit: 100, used: 0, reserved: 0, needed: 356,
                enough: 1100,
                isMoney: false, isPriceUnknown: false)
            await #expect(throws: expected) {
                _ = try await ledger.invocations.beginTurn(plan, of: invocation, worker: worker, now: start)
            }
            #expect(try await ledger.budgets.account("agent/ranger") == nil)
            #expect(try await ledger.count("SELECT count(*) FROM reservations") == 0)
            #expect(try await ledger.invocations.turns(of: invocation.id).isEmpty)
            #expect(try await ledger.state(of: invocation.id) == .awakening)
        }
    }

    @Test func `what is released may be reserved again, what is spent may not`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let limits = [AccountLimit(account: "invocation/x", tokens: 1000, setting: "perInvocation")]
            func begin(_ n: Int) async throws -> (TurnPlan, Reservation) {
                let plan = TurnPlan.sample(n, of: invocation, limits: limits)
                return (plan, try await ledger.invocations.beginTurn(plan, of: invocation, worker: worker, now: start))
            }
            let (first, reserved) = try await begin(1)
            #expect(reserved.output == 900)
            try await ledger.invocations.recordLostTurn(
                first, reservation: reserved, of: invocation, LostAnswer(reason: "x", mayHaveBilled: false), now: start)
            let (again, whole) = try await begin(1)
            #expect(whole.output == 900)
            _ = try await ledger.invocations.recordAnswer(
                .sample(TokenUsage(input: 100, output: 500)), plan: again, reservation: whole, of: invocation,
                waitUntil: start, now: start)
            #expect(try await begin(2).1.output == 300)
            #expect(try await ledger.budgets.account("invocation/x")?.used == 600)
        }
    }

    @Test func `an account that stands twice in a plan holds once, under the tighter limit`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let plan = TurnPlan.sample(
                of: invocation,
                limits: [
                    AccountLimit(account: "agent/ranger", tokens: 900, setting: "perDay"),
                    AccountLimit(account: "agent/ranger", tokens: 800, setting: "perHour"),
                ])
            let reservation = try await ledger.invocations.beginTurn(plan, of: invocation, worker: worker, now: start)
            #expect(reservation.output == 700)
            #expect(try await ledger.budgets.account("agent/ranger")?.reserved == 800)
        }
    }

    @Test func `postings are immutable`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            try await ledger.turn(of: try await ledger.running("a", worker), worker)
            for sql in ["UPDATE postings SET tokens = 1", "DELETE FROM postings"] {
                await #expect(throws: LedgerFailure.self) { try await ledger.write { try $0.run(sql) } }
            }
        }
    }
}
