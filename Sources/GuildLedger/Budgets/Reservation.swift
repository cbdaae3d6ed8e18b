package import GuildDomain

/// One account of a model call, with its limit in one period.
package struct AccountLimit: Sendable, Hashable {
    /// `AccountName` in text: `invocation/ID`, `agent/NAME`, `chapter/NAME`, `organization`, `root/ID`, `swarm/NAME`.
    package var account: String
    package var period: BudgetPeriod
    /// Nil if nothing limits it.
    package var tokens: Int64?
    /// Micro-dollars; nil if nothing limits it.
    package var cost: Int64?
    /// Of `tokens`, those that only CRITICAL and HIGH may reserve.
    package var kept: Int64
    /// The setting that the limit comes from, for the message that refuses.
    package var setting: String

    package init(
        account: String, period: BudgetPeriod = .perInvocation, tokens: Int64?, cost: Int64? = nil, kept: Int64 = 0,
        setting: String
    ) {
        self.account = account
        self.period = period
        self.tokens = tokens
        self.cost = cost
        self.kept = kept
        self.setting = setting
    }

    /// An account that nothing limits, and that is counted all the same.
    package init(counting account: String) { self.init(account: account, tokens: nil, setting: "") }

    var isLimit: Bool { tokens != nil || cost != nil }
}

/// The rules for all budgets of an organisation, and the commit that sets them.
package struct BudgetRules: Sendable, Hashable {
    /// An IANA name: days and months begin in this zone.
    package var zone: String
    package var alerts: AlertThresholds
    package var commit: String

    package init(zone: String = "UTC", alerts: AlertThresholds = AlertThresholds(), commit: String = "") {
        self.zone = zone
        self.alerts = alerts
        self.commit = commit
    }
}

/// A model call that is about to be made, and its worst case.
package struct TurnPlan: Sendable, Hashable {
    package var n: Int
    package var provider: String
    package var model: String
    package var requestDigest: String
    /// Input tokens at their bound.
    package var inputBound: Int64
    /// The reply limit asked for; a smaller one may be granted.
    package var outputWanted: Int64
    /// Nil if the price is unknown: refused if a limit on money applies.
    package var prices: TokenPrices?
    /// In order from the invocation's own account outwards.
    package var accounts: [AccountLimit]
    package var rules = BudgetRules()
    /// The bytes that an alert left out of the request.
    package var trimmedBytes = 0

    package init(
        n: Int, provider: String, model: String, requestDigest: String, inputBound: Int64, outputWanted: Int64,
        prices: TokenPrices?, accounts: [AccountLimit]
    ) {
        self.n = n
        self.provider = provider
        self.model = model
        self.requestDigest = requestDigest
        self.inputBound = inputBound
        self.outputWanted = outputWanted
        self.prices = prices
        self.accounts = accounts
    }
}

/// Tokens held on every account of a plan.
package struct Reservation: Sendable, Hashable {
    package let id: ReservationID
    package let input: Int64
    /// The reply limit that fits.
    package let output: Int64
    /// Micro-dollars.
    package let cost: Int64
    /// The highest alert on the plan's accounts when it was made.
    package let level: AlertLevel

    package init(id: ReservationID, input: Int64, output: Int64, cost: Int64, level: AlertLevel = .none) {
        self.id = id
        self.input = input
        self.output = output
        self.cost = cost
        self.level = level
    }

    /// The reserved input and output.
    package var tokens: Int64 { input.addingSaturated(output) }

    var spending: Spending { Spending(tokens: tokens, cost: cost) }
}
