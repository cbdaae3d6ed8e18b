package import GuildDomain

/// One account that a model call counts against, and what may be spent on it.
package struct AccountLimit: Sendable, Hashable {
    /// `invocation/ID`, `agent/NAME`, `chapter/NAME`, `organization`, `root/ID`.
    package var account: String
    /// Nil where nothing limits it.
    package var tokens: Int64?
    /// Micro-dollars; nil where nothing limits it.
    package var cost: Int64?
    /// The setting that the limit comes from, for the message that refuses.
    package var setting: String

    package init(account: String, tokens: Int64?, cost: Int64? = nil, setting: String) {
        self.account = account
        self.tokens = tokens
        self.cost = cost
        self.setting = setting
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
    /// Nil where the price is unknown: refused if a limit on money applies.
    package var prices: TokenPrices?
    /// In order from the invocation's own account outwards.
    package var accounts: [AccountLimit]

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

    package var tokens: Int64 { input.addingSaturated(output) }
}

/// A reservation that no account of the plan has room for.
package struct BudgetExceeded: GuildError, Equatable {
    /// The smallest reply limit that a call is still worth making for.
    package static let outputFloor: Int64 = 256

    package let account: String
    package let setting: String
    /// Tokens, or micro-dollars where `isMoney`.
    package let limit: Int64
    package let used: Int64
    package let reserved: Int64
    package let needed: Int64
    package let isMoney: Bool
    /// A limit on money applies and the model has no price: refused whatever the limit is.
    package let isPriceUnknown: Bool

    package var kind: ErrorKind { .outOfBudget }

    package var message: String {
        if isPriceUnknown {
            return "\(account): its cost is limited by \(setting), and the model's price is unknown"
        }
        let unit = isMoney ? "micro-dollars" : "tokens"
        return
            "\(account): \(setting) is \(limit) \(unit); \(used) used, \(reserved) reserved, at least \(needed) needed"
    }

    package var hint: String? {
        if isPriceUnknown { return "give the model its prices in the codex's LLMRegistry" }
        if setting.hasPrefix("--") { return "run with \(setting) \(used.addingSaturated(needed))" }
        return "raise \(setting) in the codex"
            + (account.hasPrefix("invocation/") && !isMoney
                ? ", or run with --budget \(used.addingSaturated(needed))" : "")
    }
}

/// The pure arithmetic of reserving (spec "Mana": all hold, or none does).
enum BudgetRule {
    /// The most tokens of one class that one call can have: what is reported beyond it is nonsense, and no sum of calls
    /// overflows.
    static let callLimit: Int64 = 1_000_000_000_000
    /// The most that one call can cost, in micro-dollars.
    static let costLimit: Int64 = 1_000_000_000_000

    struct Standing {
        let limit: AccountLimit
        let used: Int64
        let reserved: Int64
        let usedCost: Int64
        let reservedCost: Int64
    }

    /// The reply limit that fits every account, at most the one wanted.
    ///
    /// - Throws: the `BudgetExceeded` of the first account where not even the floor fits.
    static func grantedOutput(for plan: TurnPlan, on standings: [Standing]) throws(BudgetExceeded) -> Int64 {
        let floor = min(BudgetExceeded.outputFloor, plan.outputWanted)
        var granted = plan.outputWanted
        for standing in standings {
            if let limit = standing.limit.tokens {
                let room = room(limit, standing.used, standing.reserved).addingSaturated(-plan.inputBound)
                guard room >= floor else {
                    throw BudgetExceeded(
                        account: standing.limit.account, setting: standing.limit.setting, limit: limit,
                        used: standing.used, reserved: standing.reserved,
                        needed: plan.inputBound.addingSaturated(floor), isMoney: false, isPriceUnknown: false)
                }
                granted = min(granted, room)
            }
            granted = min(granted, try outputByCost(for: plan, on: standing, floor: floor))
        }
        return granted
    }

    /// The worst case: every input token at the dearest input price, every output token at the dearest output price.
    static func boundCost(_ prices: TokenPrices?, input: Int64, output: Int64) -> Int64 {
        guard let prices else { return 0 }
        let dearest = TokenPrices(
            input: max(prices.input, prices.cacheRead, prices.cacheWrite), cacheRead: 0, cacheWrite: 0,
            output: max(prices.output, prices.reasoning), reasoning: 0)
        return cost(dearest, of: TokenUsage(input: input, output: output))
    }

    /// Micro-dollars, between zero and `costLimit`; zero where the price is unknown.
    static func cost(_ prices: TokenPrices?, of usage: TokenUsage) -> Int64 {
        guard let prices else { return 0 }
        return min(max(prices.cost(of: usage), 0), costLimit)
    }

    private static func room(_ limit: Int64, _ used: Int64, _ reserved: Int64) -> Int64 {
        limit.addingSaturated(-used).addingSaturated(-reserved)
    }

    private static func outputByCost(
        for plan: TurnPlan, on standing: Standing, floor: Int64
    ) throws(BudgetExceeded) -> Int64 {
        guard let limit = standing.limit.cost else { return .max }
        let room = room(limit, standing.usedCost, standing.reservedCost)
        let needed = boundCost(plan.prices, input: plan.inputBound, output: floor)
        guard let prices = plan.prices, needed <= room else {
            throw BudgetExceeded(
                account: standing.limit.account, setting: standing.limit.setting, limit: limit, used: standing.usedCost,
                reserved: standing.reservedCost, needed: needed, isMoney: true, isPriceUnknown: plan.prices == nil)
        }
        // The cost grows with the reply limit: find the largest that fits.
        var (low, high) = (floor, plan.outputWanted)
        while low < high {
            let middle = low + (high - low + 1) / 2
            if boundCost(prices, input: plan.inputBound, output: middle) <= room {
                low = middle
            } else {
                high = middle - 1
            }
        }
        return low
    }
}

extension TurnPlan {
    /// The plan with its token counts in the range that the books can hold.
    var bounded: TurnPlan {
        var plan = self
        plan.inputBound = min(max(inputBound, 0), BudgetRule.callLimit)
        plan.outputWanted = min(max(outputWanted, 0), BudgetRule.callLimit)
        return plan
    }
}

extension TokenUsage {
    /// What a provider reported, each class in the range that the books can hold: its words are input from outside.
    var bounded: TokenUsage {
        func clip(_ tokens: Int64) -> Int64 { min(max(tokens, 0), BudgetRule.callLimit) }
        return TokenUsage(
            input: clip(input), cacheRead: clip(cacheRead), cacheWrite: clip(cacheWrite), output: clip(output),
            reasoning: clip(reasoning))
    }
}
