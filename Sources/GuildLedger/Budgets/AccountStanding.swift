package import GuildDomain

/// Tokens, or micro-dollars, of one account in one period.
package struct BudgetAmount: Sendable, Hashable {
    /// The amount that settled calls have used.
    package let used: Int64
    /// Held by every call under way, whenever it was begun.
    package let reserved: Int64
    /// The codex's limit; nil if it sets none.
    package let base: Int64?
    /// Granted by people for the running period.
    package let granted: Int64
    /// The limit in force: base and grants, lowered by throttles; nil if nothing limits it.
    package let limit: Int64?

    /// Never negative; nil if nothing limits it.
    package var remaining: Int64? {
        limit.map { max(0, $0.subtractingSaturated(used).subtractingSaturated(reserved)) }
    }

    /// By how much used and reserved exceed the limit.
    package var excess: Int64 {
        limit.map { max(0, used.addingSaturated(reserved).subtractingSaturated($0)) } ?? 0
    }
}

/// One account in the minute, hour, day or month that runs, or over its whole life.
package struct PeriodStanding: Sendable, Hashable {
    /// The minute, hour, day, month or whole life.
    package let period: BudgetPeriod
    /// The beginning of the counted span: the start of the day, or 60 minutes ago; nil over a whole life.
    package let startsAt: Timestamp?
    /// When the calendar period ends; nil for the others.
    package let endsAt: Timestamp?
    /// Tokens.
    package let tokens: BudgetAmount
    /// Micro-dollars.
    package let cost: BudgetAmount
    /// Of the tokens' limit, those kept for CRITICAL and HIGH.
    package let kept: Int64
    /// Where the limits were set: `tokenBudget.perDay`, `manaPool.perDay`; empty if there is none.
    package let setting: String
    /// Of calendar periods; `none` for the others.
    package let level: AlertLevel
    /// When there is room again for the smallest reply, `BudgetExceeded.outputFloor`, whatever waits before it; `now`
    /// if there is. A refused call reports for itself when its input and that reply fit.
    package let relief: BudgetRelief
    /// Set if a person has lowered the limit.
    package let throttle: Throttle?

    /// Whether a limit on tokens or money is in force.
    package var isLimited: Bool { tokens.limit != nil || cost.limit != nil }
}

/// An account with all its periods and reservations.
package struct AccountStanding: Sendable, Hashable {
    /// `agent/ranger`; `AccountName` reads it.
    package let name: String
    /// Since the ledger was made.
    package let used: Int64
    /// Tokens held by calls under way.
    package let reserved: Int64
    /// Micro-dollars.
    package let usedCost: Int64
    /// Micro-dollars held by calls under way.
    package let reservedCost: Int64
    /// Every period that is counted for the account, shortest first; those without a limit too.
    package let periods: [PeriodStanding]
    /// The highest of its periods.
    package let level: AlertLevel
    /// Invocations that wait for room on it.
    package let waiting: Int

    /// The standing in that period; nil if it is not counted for the account.
    package func period(_ period: BudgetPeriod) -> PeriodStanding? { periods.first { $0.period == period } }
}

/// Tokens or money that a person added to a running period.
package struct Grant: Sendable, Hashable {
    package let id: Int64
    package let at: Timestamp
    package let account: String
    package let period: BudgetPeriod
    /// When it lapses: the end of the period; nil for an account's whole life.
    package let until: Timestamp?
    package let tokens: Int64
    /// Micro-dollars.
    package let cost: Int64
    package let actor: String
    package let reason: String
}

/// A person's request for a grant.
package struct GrantRequest: Sendable, Hashable {
    package var account: AccountName
    /// Nil takes every calendar period that has a limit, or the whole life of a root or an invocation.
    package var period: BudgetPeriod?
    package var tokens: Int64
    /// Micro-dollars.
    package var cost: Int64
    package var reason: String
    /// `user:NAME`: only a person grants.
    package var actor: String

    package init(
        account: AccountName, period: BudgetPeriod? = nil, tokens: Int64, cost: Int64 = 0, reason: String, actor: String
    ) {
        self.account = account
        self.period = period
        self.tokens = tokens
        self.cost = cost
        self.reason = reason
        self.actor = actor
    }
}

/// The effect of a grant, or of lifting a throttle.
package struct GrantOutcome: Sendable, Hashable {
    package let grants: [Grant]
    /// Invocations that had waited for room and continue now.
    package let woken: [InvocationID]
    /// Those that still wait for more on this account.
    package let stillWaiting: Int
}

/// A limit that a person has lowered for a while.
package struct Throttle: Sendable, Hashable {
    /// The lowered limit: a share of the codex's, or a number.
    package enum Measure: Sendable, Hashable {
        /// Thousandths of the limit, for tokens and money: 500 halves it.
        case permille(Int64)
        /// Tokens.
        case tokens(Int64)
    }

    package let id: Int64
    package let at: Timestamp
    package let account: String
    /// Nil lowers every period by a factor.
    package let period: BudgetPeriod?
    package let measure: Measure
    /// Nil until it is lifted.
    package let until: Timestamp?
    /// When a person lifted it early; nil if nobody has.
    package let liftedAt: Timestamp?
    package let actor: String
    package let reason: String
}

/// A person's request for a throttle.
package struct ThrottleRequest: Sendable, Hashable {
    package var account: AccountName
    /// Nil: every period for a factor, the day for a number.
    package var period: BudgetPeriod?
    package var measure: Throttle.Measure
    package var until: Timestamp?
    package var reason: String
    package var actor: String

    package init(
        account: AccountName, period: BudgetPeriod? = nil, measure: Throttle.Measure, until: Timestamp? = nil,
        reason: String, actor: String
    ) {
        self.account = account
        self.period = period
        self.measure = measure
        self.until = until
        self.reason = reason
        self.actor = actor
    }
}
