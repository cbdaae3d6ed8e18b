import GuildDomain

extension BudgetStatements {
    /// Invocations that one change wakes; the next change wakes more.
    private static let wakeLimit = 256
    /// How long a run waits for a budget that only a person can raise: its own, or its root's.
    static let longestOwnWait = Duration.seconds(24 * 3600)

    func suspend(
        _ invocation: Invocation, refused: BudgetExceeded, partial: String, now: Timestamp
    ) throws {
        let expiry = refused.waitsForPerson ? now + Self.longestOwnWait : nil
        try db.invocations.move(
            invocation, to: .waiting, waiting: .budget, availableAt: refused.freesUpAt ?? expiry, now: now)
        try db.run("UPDATE invocations SET outcome = ? WHERE id = ?", [partial, invocation.id])
        let row = try db.accounts.obtain(named: refused.account)
        try db.run(
            """
            INSERT INTO budget_waits (invocation, account, since, period, setting, max_level, limit_amount, used, reserved,
                needed, is_money, frees_up_at, enough)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (invocation) DO UPDATE SET account = excluded.account, since = excluded.since,
                period = excluded.period, setting = excluded.setting, max_level = excluded.max_level,
                limit_amount = excluded.limit_amount, used = excluded.used, reserved = excluded.reserved,
                needed = excluded.needed, is_money = excluded.is_money, frees_up_at = excluded.frees_up_at,
                enough = excluded.enough
            """,
            [
                invocation.id, row.id, now, refused.period, refused.setting, refused.alert, refused.limit, refused.used,
                refused.reserved, refused.needed, refused.isMoney, refused.freesUpAt, refused.enough,
            ])
        try db.audit.append(
            invocation.entry(
                .budgetWaited, now: now,
                [
                    "agent": .string(invocation.agent), "account": .string(refused.account),
                    "setting": .string(refused.setting), "limit": .integer(refused.limit),
                    "used": .integer(refused.used),
                    "needed": .integer(refused.needed), "reason": .string(refused.message),
                    "hint": refused.hint.map { .string($0) } ?? .null,
                    "until": refused.freesUpAt.map { .string($0.rfc3339) } ?? .null,
                    "expires": expiry.map { .string($0.rfc3339) } ?? .null,
                ]))
        // Room that came up between the refusal and now raises no signal any more.
        let clock = try db.accounts.budgetClock(now)
        _ = try wakeWaiters(on: row, clock: clock, now: now)
    }

    /// Nil also if its row is damaged.
    func wait(of invocation: InvocationID) throws -> BudgetWait? {
        try db.list(
            """
            SELECT w.invocation, w.since, a.name, w.period, w.setting, w.limit_amount, w.used, w.reserved, w.needed, w.is_money,
                w.frees_up_at, w.max_level, w.enough
            FROM budget_waits w JOIN accounts a ON a.id = w.account WHERE w.invocation = ?
            """, [invocation]
        ) { row in
            try BudgetWait(
                invocation: invocation, since: row[1], account: row[2], period: row[3], setting: row[4], limit: row[5],
                used: row[6], reserved: row[7], needed: row[8], isMoney: row[9], freesUpAt: row[10], alert: row[11],
                enough: row[12])
        }.first
    }

    /// How many wait for room on an account.
    func waiting(on row: AccountRow) throws -> Int {
        try db.value("SELECT count(*) FROM budget_waits WHERE account = ?", [row.id]) ?? 0
    }

    /// Wakes invocations that wait for room on an account, as far as the room suffices: by priority and age, each
    /// taking its need.
    func wakeWaiters(on row: AccountRow, clock: BudgetClock, now: Timestamp) throws -> [InvocationID] {
        let waiters = try db.work(
            """
            SELECT i.*, w.period, w.max_level, w.needed, w.is_money
            FROM budget_waits w JOIN invocations i ON i.id = w.invocation WHERE w.account = ?
            ORDER BY i.priority, i.seq LIMIT \(Self.wakeLimit)
            """, [row.id], read: Waiter.init
        ) { seq, fault in try db.invocations.failDamagedInvocation(seq, fault, now: now) }
        guard !waiters.isEmpty else { return [] }
        let limits = try db.accounts.limits(of: row, at: clock.now)
        var taken = Spending()
        var woken: [InvocationID] = []
        for waiter in waiters {
            guard admits(waiter, limits, row, taken, clock) else { continue }
            taken += Spending(
                tokens: waiter.isMoney ? 0 : waiter.needed, cost: waiter.isMoney ? waiter.needed : 0)
            try db.invocations.setState(waiter.invocation.id, .queued, availableAt: now)
            try auditResumed(waiter.invocation, account: row.name, actor: "executor", now: now)
            woken.append(waiter.invocation.id)
        }
        return woken
    }

    func resume(
        _ id: InvocationID, for worker: WorkerID?, actor: String, now: Timestamp
    ) throws -> Invocation? {
        guard let invocation = try db.invocations.find(id) else { return nil }
        // An invocation that is queued, or was put back by a retry, may be taken over by a worker that wants it for
        // itself.
        if invocation.state == .waiting, invocation.waitReason == .budget {
            try db.invocations.setState(id, .queued, availableAt: now)
            try auditResumed(invocation, account: invocation.agent, actor: actor, now: now)
        }
        if let worker, !invocation.state.isFinal {
            try db.run("UPDATE invocations SET affinity = ? WHERE id = ?", [worker, id])
        }
        return try db.invocations.find(id)
    }

    private func admits(
        _ waiter: Waiter, _ limits: [AccountLimit], _ row: AccountRow, _ taken: Spending, _ clock: BudgetClock
    ) -> Bool {
        limits.allSatisfy { limit in
            let used = row.used(in: limit.period, at: clock.now)
            if waiter.isAlerted {
                return BudgetRule.level(of: limit, used: used, clock.rules.alerts).admits(waiter.invocation.priority)
            }
            guard limit.period == waiter.period else { return true }
            let limit = limit.withholding(from: waiter.invocation.priority)
            var open = used
            open += row.reserved
            open += taken
            return waiter.isMoney
                ? limit.cost.map { open.cost.addingSaturated(waiter.needed) <= $0 } ?? true
                : limit.tokens.map { open.tokens.addingSaturated(waiter.needed) <= $0 } ?? true
        }
    }

    private func auditResumed(_ invocation: Invocation, account: String, actor: String, now: Timestamp) throws {
        try db.audit.append(
            invocation.entry(
                .budgetResumed, actor: actor, now: now,
                ["agent": .string(invocation.agent), "account": .string(account)]))
    }
}

/// An invocation that waits for room on an account.
private struct Waiter {
    let invocation: Invocation
    let period: BudgetPeriod
    /// It waits for an alert to end, not for room.
    let isAlerted: Bool
    let needed: Int64
    let isMoney: Bool

    init(_ row: LedgerRow) throws {
        invocation = try Invocation(row: row)
        period = try row["period"]
        let level: AlertLevel = try row["max_level"]
        isAlerted = level > .none
        needed = try row["needed"]
        isMoney = try row["is_money"]
    }
}
