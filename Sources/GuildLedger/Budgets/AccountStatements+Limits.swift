import Foundation
import GuildDomain

extension AccountStatements {
    /// Operators' changes to an account; nothing is read if none can be in force.
    func adjustments(of row: AccountRow, at now: Timestamp) throws -> BudgetAdjustments {
        guard now < row.adjustedUntil else { return BudgetAdjustments() }
        return BudgetAdjustments(
            grants: try db.budgets.activeGrants(of: row.name, now: now),
            throttles: try db.budgets.activeThrottles(of: row.name, now: now))
    }

    /// The limits in force on an account, from those of the codex as last seen.
    func limits(of row: AccountRow, at now: Timestamp) throws -> [AccountLimit] {
        try adjustments(of: row, at: now).applied(to: try codexLimits(of: row))
    }

    /// The codex's limits as last seen; at least one element, which may limit nothing.
    func codexLimits(of row: AccountRow) throws -> [AccountLimit] {
        guard let digest = row.limitsDigest else { return [AccountLimit(counting: row.name)] }
        let text = try db.value("SELECT limits FROM accounts WHERE id = ?", [row.id], as: String.self)
        return try LimitsText.limits(text, of: row.name, digest: digest)
    }

    /// Records the limits that a plan or a commit has for an account, if they are others than those last seen.
    ///
    /// - Returns: whether they are.
    @discardableResult
    func note(
        _ limits: [AccountLimit], of row: inout AccountRow, commit: String, clock: BudgetClock, now: Timestamp
    ) throws -> Bool {
        let digest = LimitsText.digest(of: limits)
        guard digest != row.limitsDigest ?? LimitsText.emptyDigest else { return false }
        let isFirst = row.limitsDigest == nil
        let old = isFirst ? nil : try codexLimits(of: row)
        let text = LimitsText.text(of: limits)
        try db.run("UPDATE accounts SET limits_digest = ?, limits = ? WHERE id = ?", [digest, text, row.id])
        row.limitsDigest = digest
        // A root's and an invocation's first limits do not count as a change.
        guard row.hasWindows || !isFirst || !row.used.isZero || !row.reserved.isZero else { return true }
        try db.run(
            "INSERT INTO limit_changes (at, entry, account, commit_id, old, new) VALUES (?, ?, ?, ?, ?, ?)",
            [clock.now, clock.entry, row.id, commit, old.map { LimitsText.text(of: $0) }, text])
        try db.audit.append(
            AuditEntry(
                at: now, actor: "executor", kind: .budgetLimitChanged, subject: row.name,
                commit: commit.isEmpty ? nil : commit,
                body: ["old": old.map { LimitsText.json(of: $0) } ?? .null, "new": LimitsText.json(of: limits)]))
        return true
    }

    /// Records the limits of a refused plan for existing accounts and for the refusing one: although nothing was
    /// reserved, invocations that wait for room are measured by them.
    func noteKnown(_ plan: TurnPlan, refusedBy account: String, now: Timestamp) throws {
        let clock = try budgetClock(now, adopting: plan.rules)
        for (name, limits) in Dictionary(grouping: plan.accounts, by: \.account).sorted(by: { $0.key < $1.key }) {
            let known = try find(named: name)
            guard var row = try known ?? (name == account ? make(named: name) : nil) else { continue }
            try note(limits, of: &row, commit: plan.rules.commit, clock: clock, now: now)
            try reckonAlerts(of: &row, clock: clock, now: now)
        }
    }

    /// Records the limits of a commit, before any plan follows it.
    func noteLimits(_ limits: [AccountLimit], rules: BudgetRules, now: Timestamp) throws {
        let clock = try budgetClock(now, adopting: rules)
        for (name, limits) in Dictionary(grouping: limits, by: \.account).sorted(by: { $0.key < $1.key }) {
            do {
                let known = try find(named: name)
                guard known != nil || limits.contains(where: \.isLimit) else { continue }
                var row = try known ?? obtain(named: name)
                guard try note(limits, of: &row, commit: rules.commit, clock: clock, now: now) else { continue }
                try reckonAlerts(of: &row, clock: clock, now: now)
                if clock.hasWaits { _ = try db.budgets.wakeWaiters(on: row, clock: clock, now: now) }
            } catch let fault as RowFault {
                // The calls of this account fail with the fault; those of others are not to wait for its repair.
                db.leaveOut(fault)
            }
        }
    }
}
