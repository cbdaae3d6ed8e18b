import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// What the callers of the budget tests have in common.
extension Ledger {
    /// An invocation that `worker` runs, with its own name in `root` and `id`.
    func caller(
        _ name: String, _ worker: Worker, priority: Priority = .normal, now: Timestamp = start
    ) async throws -> Invocation {
        try await queue(name, priority: priority, at: now)
        return try #require(try await claim(worker, now: now))
    }

    /// Takes a whole turn that spends `usage`, under `limits`.
    @discardableResult
    func spend(
        _ usage: TokenUsage, _ n: Int = 1, of invocation: Invocation, _ worker: Worker, limits: [AccountLimit],
        output: Int64 = 1000, rules: BudgetRules = BudgetRules(), now: Timestamp
    ) async throws -> Reservation {
        var plan = TurnPlan.sample(n, of: invocation, output: output, limits: limits)
        plan.rules = rules
        let reservation = try await invocations.beginTurn(
            plan, of: invocation, worker: worker, isSending: true, now: now)
        _ = try await invocations.recordAnswer(
            .sample(usage), plan: plan, reservation: reservation, of: invocation, waitUntil: now, now: now)
        return reservation
    }

    func sound(now: Timestamp, _ location: SourceLocation = #_sourceLocation) async throws -> BudgetVerification {
        let verification = try await budgets.verify(now: now)
        #expect(verification.findings == [], sourceLocation: location)
        return verification
    }
}

/// A limit on the agent that all sample invocations belong to.
func agentLimit(
    _ period: BudgetPeriod, _ tokens: Int64?, cost: Int64? = nil, kept: Int64 = 0
) -> AccountLimit {
    AccountLimit(
        account: "agent/ranger", period: period, tokens: tokens, cost: cost, kept: kept,
        setting: "tokenBudget.\(period.rawValue)")
}

/// Random numbers that come again with the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
