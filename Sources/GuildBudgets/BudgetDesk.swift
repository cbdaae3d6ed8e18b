package import GuildCodex
package import GuildControl
package import GuildDomain
package import GuildLedger
import GuildRuntime

/// Lets operators change a running budget: operator state, which the ledger stores and audits, not configuration.
package struct BudgetDesk: Sendable {
    /// An account before and after an operator's change, and the invocations that continue because of it.
    package struct Change: Sendable {
        /// The changed account.
        package let account: AccountName
        /// Its state before the change.
        package let before: AccountStanding?
        /// Its state after the change.
        package let after: AccountStanding?
        /// Nil for a throttle, which wakes nobody.
        package let outcome: GrantOutcome?
        /// The throttle that was set.
        package let throttle: Throttle?
        /// The next step.
        package let continuation: ApprovalDesk.Continuation
    }

    /// The most tokens, or micro-dollars, of one grant: more is a slip of the finger.
    package static let grantLimit: Int64 = 1_000_000_000_000

    private let budgets: BudgetLedger
    private let reports: ReportLedger
    private let snapshot: CodexSnapshot
    private let time: any TimeSource
    /// `user:NAME`.
    private let actor: String

    package init(
        budgets: BudgetLedger, reports: ReportLedger, snapshot: CodexSnapshot, actor: String, time: any TimeSource
    ) {
        self.budgets = budgets
        self.reports = reports
        self.snapshot = snapshot
        self.actor = actor
        self.time = time
    }

    /// Adds tokens or money to a running period.
    ///
    /// - Parameters:
    ///   - period: nil takes each calendar period that has a limit.
    ///   - cost: micro-dollars.
    package func grant(
        _ account: AccountName, tokens: Int64, cost: Int64, period: BudgetPeriod?, reason: String
    ) async throws -> Change {
        let before = try await known(account)
        let outcome = try await budgets.grant(
            GrantRequest(
                account: account, period: period, tokens: tokens, cost: cost, reason: reason, actor: actor),
            now: time.now)
        return try await change(account, before, outcome: outcome)
    }

    /// Lowers the limits of an account.
    package func throttle(
        _ account: AccountName, to measure: Throttle.Measure, period: BudgetPeriod?, until: Timestamp?, reason: String
    ) async throws -> Change {
        let before = try await known(account)
        let throttle = try await budgets.throttle(
            ThrottleRequest(
                account: account, period: period, measure: measure, until: until, reason: reason, actor: actor),
            now: time.now)
        return try await change(account, before, throttle: throttle)
    }

    /// Lifts an account's throttles.
    package func lift(_ account: AccountName, reason: String) async throws -> Change {
        let before = try await budgets.standing(of: account, now: time.now)
        let outcome = try await budgets.liftThrottle(of: account, reason: reason, actor: actor, now: time.now)
        return try await change(account, before, outcome: outcome)
    }

    /// The account's standing. One that no call has touched yet is first told its limits, so that it can be changed
    /// before the first.
    private func known(_ account: AccountName) async throws -> AccountStanding? {
        let standing = try await budgets.standing(of: account, now: time.now)
        if standing?.periods.contains(where: \.isLimited) == true { return standing }
        let codex = BudgetLimits(snapshot)
        let limits = codex.standing.filter { $0.account == account.description }
        guard !limits.isEmpty else { return standing }
        // The caller's snapshot is the accepted one: nobody's draft sets limits.
        try await budgets.noteLimits(limits, rules: codex.rules, now: time.now)
        return try await budgets.standing(of: account, now: time.now)
    }

    private func change(
        _ account: AccountName, _ before: AccountStanding?, outcome: GrantOutcome? = nil, throttle: Throttle? = nil
    ) async throws -> Change {
        Change(
            account: account, before: before, after: try await budgets.standing(of: account, now: time.now),
            outcome: outcome, throttle: throttle, continuation: try await ApprovalDesk.continuation(by: reports))
    }
}
