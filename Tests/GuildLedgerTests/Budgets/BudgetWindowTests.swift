import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct BudgetWindowTests {
    private let worker = "w"

    @Test(arguments: [(BudgetPeriod.minute, 1), (.hour, 60)] as [(BudgetPeriod, Int64)])
    func `a sliding window frees up when its bucket has left, the partial one counted whole`(
        period: BudgetPeriod, width: Int64
    ) async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let first = try await ledger.caller("a", worker)
            let limits = [agentLimit(period, 1000)]
            // In the middle of a bucket.
            let spentAt = Timestamp(seconds: 1_800_000_000) + .seconds(width) / 2
            try await ledger.spend(TokenUsage(input: 700), of: first, worker, limits: limits, now: spentAt)
            let freeAt = Timestamp(seconds: 1_800_000_000 + 61 * width)
            let late = freeAt - .microseconds(1)
            for now in [spentAt, late] {
                let plan = TurnPlan.sample(2, of: first, limits: limits)
                await #expect {
                    _ = try await ledger.invocations.beginTurn(plan, of: first, worker: worker, now: now)
                } throws: { error in
                    let refused = error as? BudgetExceeded
                    return refused?.used == 700 && refused?.relief == .at(freeAt) && refused?.account == "agent/ranger"
                }
            }
            let standing = try #require(
                try await ledger.budgets.standing(of: .agent("ranger"), now: late)?.period(period))
            #expect(standing.tokens.used == 700)
            #expect(standing.tokens.remaining == 300)
            _ = try await ledger.invocations.beginTurn(
                .sample(2, of: first, limits: limits), of: first, worker: worker, now: freeAt)
            _ = try await ledger.sound(now: freeAt)
        }
    }

    @Test func `a step back of the clock reopens nothing`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            let limits = [agentLimit(.minute, 1000), agentLimit(.day, 1000)]
            let noon = Timestamp(seconds: 1_800_014_400)
            try await ledger.spend(TokenUsage(input: 900), of: caller, worker, limits: limits, now: noon)
            let yesterday = noon - .seconds(86_400)
            await #expect(throws: BudgetExceeded.self) {
                _ = try await ledger.invocations.beginTurn(
                    .sample(2, of: caller, limits: limits), of: caller, worker: worker, now: yesterday)
            }
            #expect(
                try await ledger.budgets.standing(of: .agent("ranger"), now: yesterday)?.period(.day)?.tokens.used
                    == 900)
            #expect(try await ledger.count("SELECT count(*) FROM entries WHERE at < \(noon.microseconds)") == 0)
        }
    }

    @Test func `a reservation open over midnight counts in both days, and is posted to the second`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let (one, two) = (try await ledger.caller("a", worker), try await ledger.caller("b", worker))
            let rules = BudgetRules(zone: "America/New_York")
            let midnight = try #require(Timestamp(rfc3339: "2026-11-02T00:00:00-05:00"))
            // Within the reservation's deadline, which nobody renews here.
            let (before, after) = (midnight - .seconds(10), midnight + .seconds(10))
            let limits = [agentLimit(.day, 1500)]
            var plan = TurnPlan.sample(1, of: one, limits: limits)
            plan.rules = rules
            let open = try await ledger.invocations.beginTurn(
                plan, of: one, worker: worker, isSending: true, now: before)
            #expect(open.tokens == 1100)
            for now in [before, after] {
                let day = try #require(try await ledger.budgets.standing(of: .agent("ranger"), now: now)?.period(.day))
                #expect(day.tokens.reserved == 1100)
                #expect(day.tokens.used == 0)
                #expect(day.tokens.remaining == 400)
                var other = TurnPlan.sample(1, of: two, limits: limits)
                other.rules = rules
                other.inputBound = 145
                await #expect(throws: BudgetExceeded.self) {
                    _ = try await ledger.invocations.beginTurn(other, of: two, worker: worker, now: now)
                }
            }
            _ = try await ledger.invocations.recordAnswer(
                .sample(TokenUsage(input: 100, output: 500)), plan: plan, reservation: open, of: one, waitUntil: after,
                now: after)
            let day = try #require(try await ledger.budgets.standing(of: .agent("ranger"), now: after)?.period(.day))
            #expect(day.tokens.used == 600)
            #expect(day.startsAt == midnight)
            _ = try await ledger.sound(now: after)
        }
    }

    @Test(arguments: ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"])
    func `a day's limit opens anew at its midnight, to the microsecond`(zone: String) async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            let rules = BudgetRules(zone: zone)
            // The day after clocks went back in New York.
            let noon = try #require(Timestamp(rfc3339: "2026-11-01T20:00:00Z"))
            let day = PeriodCalendar(zone: zone).day(at: noon)
            let limits = [agentLimit(.day, 1000)]
            try await ledger.spend(
                TokenUsage(input: 900), of: caller, worker, limits: limits, rules: rules, now: noon)
            var plan = TurnPlan.sample(2, of: caller, limits: limits)
            plan.rules = rules
            await #expect {
                _ = try await ledger.invocations.beginTurn(
                    plan, of: caller, worker: worker, now: day.upperBound - .microseconds(1))
            } throws: { ($0 as? BudgetExceeded)?.relief == .at(day.upperBound) }
            _ = try await ledger.invocations.beginTurn(plan, of: caller, worker: worker, now: day.upperBound)
        }
    }

    @Test func `when the organisation moves, its days are those of the new zone`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let caller = try await ledger.caller("a", worker)
            let limits = [agentLimit(.day, 100_000), AccountLimit(counting: "organization")]
            let evening = try #require(Timestamp(rfc3339: "2026-11-10T23:30:00Z"))
            try await ledger.spend(TokenUsage(input: 300), of: caller, worker, limits: limits, now: evening)
            let night = evening + .seconds(3600)
            try await ledger.spend(TokenUsage(input: 40), 2, of: caller, worker, limits: limits, now: night)
            #expect(
                try await ledger.budgets.standing(of: .agent("ranger"), now: night)?.period(.day)?.tokens.used == 40)
            try await ledger.budgets.noteLimits(limits, rules: BudgetRules(zone: "America/New_York"), now: night)
            // There it is still the tenth.
            for account in [AccountName.agent("ranger"), .organization] {
                #expect(try await ledger.budgets.standing(of: account, now: night)?.period(.day)?.tokens.used == 340)
            }
            #expect(try await ledger.auditKinds().filter { $0 == "budget.limit_changed" }.count == 2)
            _ = try await ledger.sound(now: night)
        }
    }
}
