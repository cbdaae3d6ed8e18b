import GuildDomain

extension BudgetAudit {
    private typealias Reason = BudgetVerification.Excess.Reason

    /// Explains by how much used and reserved exceed each limit in force on an account; an unexplained excess is a
    /// finding.
    ///
    /// - Parameter codex: the codex's limits as last seen.
    mutating func explainExcess(of row: AccountRow, _ sums: WindowSums, under codex: [AccountLimit]) throws {
        let adjustments = try db.accounts.adjustments(of: row, at: clock.now)
        for limit in adjustments.applied(to: codex) {
            let used = row.used(in: limit.period, at: clock.now)
            for (isMoney, amount) in [(false, limit.tokens), (true, limit.cost)] {
                guard let amount else { continue }
                func figure(_ spending: Spending) -> Int64 { isMoney ? spending.cost : spending.tokens }
                let excess = figure(used).addingSaturated(figure(row.reserved)).subtractingSaturated(amount)
                guard excess > 0 else { continue }
                var reasons: [Reason] = []
                var left = excess
                for reason in try possibleReasons(for: limit, of: row, sums, adjustments, isMoney) where left > 0 {
                    let share = min(left, reason.amount)
                    left -= share
                    reasons.append(Reason(kind: reason.kind, amount: share, text: reason.text))
                }
                let found = BudgetVerification.Excess(
                    account: row.name, period: limit.period, isMoney: isMoney, limit: amount, used: figure(used),
                    reserved: figure(row.reserved), reasons: reasons)
                if result.excesses.count < BudgetVerification.findingLimit { result.excesses.append(found) }
                if left > 0 {
                    let unit = isMoney ? "micro-dollars" : "tokens"
                    find(
                        .excess, row.name,
                        "\(left) \(unit) above the \(amount) of \(limit.setting) that nothing in the ledger explains")
                }
            }
        }
    }

    /// The possible reasons for spending above a limit, the surest first; the amounts are the most that each explains.
    private func possibleReasons(
        for limit: AccountLimit, of row: AccountRow, _ sums: WindowSums, _ adjustments: BudgetAdjustments,
        _ isMoney: Bool
    ) throws -> [Reason] {
        func figure(_ spending: Spending) -> Int64 { isMoney ? spending.cost : spending.tokens }
        var reasons: [Reason] = []
        let overrun = figure(sums.overrun(in: limit.period, at: clock.now))
        if overrun > 0 {
            reasons.append(
                Reason(
                    kind: .overrun, amount: overrun, text: "the provider counted more than was reserved for its calls"))
        }
        reasons += try lowered(limit, of: row, since: sums.oldest(in: limit.period), isMoney)
        reasons += adjustments.throttles.filter { $0.period == nil || $0.period == limit.period }.map { throttle in
            Reason(
                kind: .loweredLimit, amount: .max,
                text: "\(throttle.actor) throttled it at \(throttle.at.rfc3339): \(throttle.reason)")
        }
        let estimated = figure(sums.estimated(in: limit.period))
        if estimated > 0 {
            reasons.append(
                Reason(
                    kind: .estimate, amount: estimated, text: "calls without reported usage count at their bound"))
        }
        return reasons
    }

    /// Limits that a commit lowered, and grants that expired, since the oldest counted amount was reserved.
    private func lowered(
        _ limit: AccountLimit, of row: AccountRow, since: Timestamp, _ isMoney: Bool
    ) throws -> [Reason] {
        var reasons: [Reason] = []
        func amount(_ limits: [AccountLimit]) -> Int64? {
            let limits = limits.filter { $0.period == limit.period }
            return (isMoney ? limits.compactMap(\.cost) : limits.compactMap(\.tokens)).min()
        }
        try db.each(
            """
            SELECT at, commit_id, old, new FROM limit_changes WHERE account = ? AND at >= ? ORDER BY id DESC LIMIT 10000
            """, [row.id, since]
        ) { change in
            let old = amount(try LimitsText.limits(change[2], of: row.name))
            guard let new = amount(try LimitsText.limits(change[3], of: row.name)), old.map({ $0 > new }) ?? true
            else { return }
            let commit: String = try change[1]
            let by = commit.isEmpty ? "" : " by \(commit)"
            let from = old.map { "lowered from \($0)" } ?? "set for the first time, at"
            reasons.append(
                Reason(
                    kind: .loweredLimit, amount: old.map { $0 - new } ?? .max,
                    text: "\(limit.setting) was \(from) \(old == nil ? "" : "to ")\(new)\(by)"))
        }
        try db.each(
            """
            SELECT \(isMoney ? "cost" : "tokens"), until, actor FROM grants
            WHERE account = ? AND period = ? AND until > ? AND until <= ? ORDER BY id DESC LIMIT 10000
            """, [row.id, limit.period, since, clock.now]
        ) { grant in
            let granted: Int64 = try grant[0]
            guard granted > 0 else { return }
            let until: Timestamp = try grant[1]
            let actor: String = try grant[2]
            reasons.append(
                Reason(
                    kind: .loweredLimit, amount: granted,
                    text: "\(granted) granted by \(actor) expired at \(until.rfc3339)"))
        }
        return reasons
    }
}
