import GuildDomain

extension BudgetLedger {
    /// An account as it stood at the last budget time in the ledger; nil if there is none of that name.
    package func account(_ name: String) async throws -> AccountStanding? {
        try await ledger.read { db in try db.accounts.standing(of: name, now: Timestamp(microseconds: 0)) }
    }
}

extension AccountStatements {
    /// Accounts that one question lists.
    private static let standingLimit = 10_000

    func standing(of account: String, now: Timestamp) throws -> AccountStanding? {
        guard let row = try find(named: account) else { return nil }
        return try standing(row, budgetClock(now))
    }

    func standings(now: Timestamp) throws -> [AccountStanding] {
        let clock = try budgetClock(now)
        let kinds = ["organization", "chapter/", "agent/", "swarm/"]
        let all = try kinds.flatMap { kind in
            // A range of the index on names, whatever the case in the codex: '0' follows '/'.
            try db.list(
                "SELECT \(AccountRow.columns) FROM accounts WHERE name >= ? AND name < ? ORDER BY name LIMIT ?",
                [kind, (kind.hasSuffix("/") ? String(kind.dropLast()) : kind) + "0", Self.standingLimit]
            ) { try standing(AccountRow($0), clock) }
        }
        return Array(all.prefix(Self.standingLimit))
    }

    func standing(_ row: AccountRow, _ clock: BudgetClock) throws -> AccountStanding {
        var row = row
        if row.hasWindows { row.windows.advance(to: clock.now) { clock.calendar } }
        let base = try codexLimits(of: row)
        let adjustments = try adjustments(of: row, at: clock.now)
        let limits = adjustments.applied(to: base)
        let periods = (row.hasWindows ? BudgetPeriod.allCases : [.perInvocation]).compactMap { period in
            // An account with windows has no limit on its whole life, unless a plan gave it one.
            period == .perInvocation && row.hasWindows && !limits.contains { $0.period == period && $0.isLimit }
                ? nil
                : standing(
                    row, period, base.filter { $0.period == period }, limits.filter { $0.period == period },
                    adjustments, clock)
        }
        return AccountStanding(
            name: row.name, used: row.used.tokens, reserved: row.reserved.tokens, usedCost: row.used.cost,
            reservedCost: row.reserved.cost, periods: periods, level: periods.map(\.level).max() ?? .none,
            waiting: try db.budgets.waiting(on: row))
    }

    private func standing(
        _ row: AccountRow, _ period: BudgetPeriod, _ base: [AccountLimit], _ limits: [AccountLimit],
        _ adjustments: BudgetAdjustments, _ clock: BudgetClock
    ) -> PeriodStanding {
        let used = row.used(in: period, at: clock.now)
        let granted = adjustments.granted(period)
        let tightest = limits.filter { $0.tokens != nil }.min { ($0.tokens ?? .max) < ($1.tokens ?? .max) }
        let tokens = BudgetAmount(
            used: used.tokens, reserved: row.reserved.tokens, base: base.compactMap(\.tokens).min(),
            granted: granted.tokens, limit: tightest?.tokens)
        let cost = BudgetAmount(
            used: used.cost, reserved: row.reserved.cost, base: base.compactMap(\.cost).min(), granted: granted.cost,
            limit: limits.compactMap(\.cost).min())
        let calendar = row.calendar(period)
        let starts: Timestamp? =
            switch period {
            case .perInvocation: nil
            case .minute: clock.now - .seconds(60)
            case .hour: clock.now - .seconds(3600)
            case .day, .month: calendar?.start
            }
        return PeriodStanding(
            period: period, startsAt: starts, endsAt: calendar?.end, tokens: tokens, cost: cost,
            kept: tightest?.kept ?? 0,
            setting: Set(limits.filter(\.isLimit).map(\.setting)).sorted().joined(separator: ", "),
            level: limits.map { BudgetRule.level(of: $0, used: used, clock.rules.alerts) }.max() ?? .none,
            relief: relief(row, period, tokens, cost, clock),
            throttle: adjustments.throttles.first { $0.period == nil || $0.period == period })
    }

    /// When there is room for the smallest reply, in tokens and in money.
    private func relief(
        _ row: AccountRow, _ period: BudgetPeriod, _ tokens: BudgetAmount, _ cost: BudgetAmount, _ clock: BudgetClock
    ) -> BudgetRelief {
        let byTokens = tokens.limit.map {
            BudgetRule.relief(
                of: row, period, limit: $0, needed: BudgetExceeded.outputFloor, isMoney: false, at: clock.now)
        }
        let byCost = cost.limit.map {
            BudgetRule.relief(of: row, period, limit: $0, needed: 1, isMoney: true, at: clock.now)
        }
        return [byTokens, byCost].compactMap(\.self).max { $0.rank < $1.rank } ?? .now
    }
}

extension BudgetRelief {
    /// The later, or the more that must be done for it, the higher.
    fileprivate var rank: Int64 {
        switch self {
        case .now: -2
        case .whenCallsSettle: -1
        case .at(let time): max(0, time.microseconds)
        case .grant: .max
        }
    }
}
