import GuildDomain

/// The pure arithmetic of reserving: on all accounts, or on none.
enum BudgetRule {
    /// The most tokens of one class in one call: a larger report is nonsense, and no sum of calls overflows.
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
                let room = room(limit, standing.used, standing.reserved).subtractingSaturated(plan.inputBound)
                guard room >= floor else {
                    throw BudgetExceeded(
                        account: standing.limit.account, setting: standing.limit.setting, limit: limit,
                        used: standing.used, reserved: standing.reserved,
                        needed: plan.inputBound.addingSaturated(floor),
                        enough: enough(standing.used, standing.reserved, plan.worstTokens), isMoney: false,
                        isPriceUnknown: false,
                        period: standing.limit.period)
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

    /// Micro-dollars, between zero and `costLimit`; zero if the price is unknown.
    static func cost(_ prices: TokenPrices?, of usage: TokenUsage) -> Int64 {
        guard let prices else { return 0 }
        return min(max(prices.cost(of: usage), 0), costLimit)
    }

    /// The alert of a calendar limit, for tokens or money, whichever is nearer to its end; none for other limits.
    static func level(of limit: AccountLimit, used: Spending, _ thresholds: AlertThresholds) -> AlertLevel {
        guard limit.period.isCalendar else { return .none }
        let tokens = limit.tokens.map { thresholds.level(used: used.tokens, limit: $0) } ?? .none
        return max(tokens, limit.cost.map { thresholds.level(used: used.cost, limit: $0) } ?? .none)
    }

    /// When an account that has no room for `needed` has it.
    static func relief(
        of row: AccountRow, _ period: BudgetPeriod, limit: Int64, needed: Int64, isMoney: Bool, at now: Timestamp
    ) -> BudgetRelief {
        func amount(_ spending: Spending) -> Int64 { isMoney ? spending.cost : spending.tokens }
        func fits(_ used: Int64) -> Bool { used.addingSaturated(needed) <= limit }
        let used = amount(row.used(in: period, at: now))
        if fits(used.addingSaturated(amount(row.reserved))) { return .now }
        if fits(used) { return .whenCallsSettle }
        return row.windows.frees(in: period, at: now) { fits(amount($0)) }.map { .at($0) } ?? .grant
    }

    /// The least limit that a call fits under.
    static func enough(_ used: Int64, _ reserved: Int64, _ call: Int64) -> Int64 {
        used.addingSaturated(reserved).addingSaturated(call)
    }

    /// The least limit of which `used` leaves work of this priority alone.
    static func enough(
        _ used: Int64, for priority: Priority, _ thresholds: AlertThresholds
    ) -> Int64 {
        let percent = AlertLevel.orange.admits(priority) ? thresholds.red : thresholds.orange
        guard percent > 0 else { return .max }
        return Int64(clamping: Int128(used) * 100 / Int128(percent) + 1)
    }

    private static func room(_ limit: Int64, _ used: Int64, _ reserved: Int64) -> Int64 {
        limit.subtractingSaturated(used).subtractingSaturated(reserved)
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
                reserved: standing.reservedCost, needed: needed,
                enough: enough(standing.usedCost, standing.reservedCost, plan.worstCost), isMoney: true,
                isPriceUnknown: plan.prices == nil,
                period: standing.limit.period)
        }
        // The cost grows with the reply limit: find the largest that fits.
        var low = floor
        var high = plan.outputWanted
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
    /// The call with all of its reply.
    var worstTokens: Int64 { inputBound.addingSaturated(outputWanted) }
    var worstCost: Int64 { BudgetRule.boundCost(prices, input: inputBound, output: outputWanted) }

    /// The plan with its token counts within the range of the accounts.
    var bounded: TurnPlan {
        var plan = self
        plan.inputBound = min(max(inputBound, 0), BudgetRule.callLimit)
        plan.outputWanted = min(max(outputWanted, 0), BudgetRule.callLimit)
        return plan
    }
}

extension TokenUsage {
    /// The provider's report, each class within the range of the accounts: it is input from outside.
    var bounded: TokenUsage {
        func clip(_ tokens: Int64) -> Int64 { min(max(tokens, 0), BudgetRule.callLimit) }
        return TokenUsage(
            input: clip(input), cacheRead: clip(cacheRead), cacheWrite: clip(cacheWrite), output: clip(output),
            reasoning: clip(reasoning))
    }
}

extension AccountLimit {
    /// The limit for work of this priority: the reserve for CRITICAL and HIGH is not available to others.
    func withholding(from priority: Priority) -> AccountLimit {
        guard kept > 0, priority > .high, let tokens else { return self }
        var limit = self
        limit.tokens = max(0, tokens.subtractingSaturated(kept))
        limit.setting += " less its reserve"
        return limit
    }
}
