import GuildDomain

/// Operators' changes to an account's limits that are in force.
struct BudgetAdjustments: Sendable {
    var grants: [Grant] = []
    var throttles: [Throttle] = []

    func granted(_ period: BudgetPeriod) -> Spending {
        grants.reduce(into: Spending()) { sum, grant in
            if grant.period == period { sum += Spending(tokens: grant.tokens, cost: grant.cost) }
        }
    }

    /// The limits in force: those of the codex plus grants, lowered by throttles.
    func applied(to limits: [AccountLimit]) -> [AccountLimit] {
        guard !grants.isEmpty || !throttles.isEmpty else { return limits }
        var applied = limits.map { limit in
            var limit = limit
            let granted = granted(limit.period)
            limit.tokens = limit.tokens?.addingSaturated(granted.tokens)
            limit.cost = limit.cost?.addingSaturated(granted.cost)
            for throttle in throttles where throttle.period == nil || throttle.period == limit.period {
                guard case .permille(let permille) = throttle.measure, limit.isLimit else { continue }
                limit.tokens = limit.tokens.map { Self.share($0, permille) }
                limit.cost = limit.cost.map { Self.share($0, permille) }
                limit.kept = Self.share(limit.kept, permille)
                limit.setting += ", throttled by \(throttle.actor)"
            }
            return limit
        }
        guard let account = limits.first?.account else { return applied }
        for throttle in throttles {
            guard case .tokens(let tokens) = throttle.measure, let period = throttle.period else { continue }
            applied.append(
                AccountLimit(
                    account: account, period: period, tokens: tokens,
                    setting: "the throttle of \(throttle.actor) (\(period.rawValue))"))
        }
        return applied
    }

    private static func share(_ amount: Int64, _ permille: Int64) -> Int64 {
        Int64(clamping: Int128(amount) * Int128(permille) / 1000)
    }
}
