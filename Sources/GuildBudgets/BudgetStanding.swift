package import GuildDomain
package import GuildLedger

/// A calendar limit in force, the current period's usage of it, and how long the rest will last.
package struct BudgetStanding: Sendable, Hashable {
    /// The unit of a limit.
    package enum Unit: String, Sendable, CaseIterable { case tokens, microdollars }

    /// As the ledger names it: `agent/ranger`.
    package let account: String
    /// The period to which the limit applies.
    package let period: BudgetCalendar.Period
    /// Of all amounts here.
    package let unit: Unit
    /// Includes grants to the current period.
    package let limit: Int64
    /// The sum of the grants in force.
    package let granted: Int64
    /// The settled usage.
    package let used: Int64
    /// The amount held by calls in progress.
    package let reserved: Int64
    /// When the running period ends.
    package let endsAt: Timestamp
    /// The account's pace of late: of the last day for a day's limit, of the last week for a month's.
    package let rate: BurnRate
    /// The alert in force because of this limit.
    package let level: AlertLevel
    /// The time of the figures.
    package let now: Timestamp

    /// Never negative.
    package var remaining: Int64 { max(0, limit.subtractingSaturated(committed)) }
    /// Used and reserved together.
    package var committed: Int64 { used.addingSaturated(reserved) }
    /// Nil if the period ends before, at this rate.
    package var projectedExhaustion: Timestamp? { rate.exhaustion(of: remaining, now: now, before: endsAt) }
    /// A limit of the codex with the operators' changes: grants added, then lowered by a throttle.
    package static func inForce(_ base: Int64, granted: Int64, throttle: Throttle?, unit: Unit) -> Int64 {
        let raised = base.addingSaturated(granted)
        switch throttle?.measure {
        case .permille(let permille): return Int64(clamping: Int128(raised) * Int128(permille) / 1000)
        case .tokens(let tokens): return unit == .tokens ? min(raised, tokens) : raised
        case nil: return raised
        }
    }

    /// Of the limit; 0 if it is 0.
    package var percentUsed: Double { limit > 0 ? Double(used) / Double(limit) * 100 : 0 }
}

extension BudgetCalendar.Period {
    /// As the ledger calls it.
    package var budgetPeriod: BudgetPeriod {
        switch self {
        case .day: .day
        case .month: .month
        }
    }

    /// The past span whose pace predicts how long this period's limit will last.
    package var paceWindow: Duration {
        switch self {
        case .day: .seconds(86_400)
        case .month: .seconds(86_400 * 7)
        }
    }
}
