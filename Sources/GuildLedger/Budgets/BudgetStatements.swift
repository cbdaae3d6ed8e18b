import GuildDomain

/// The rows of the accounts. All of this runs inside the transaction that spends.
///
/// An account is one row, a reservation one, an entry with its postings one: a call whose accounts exist costs two
/// reads and three writes to reserve, and to settle two reads, two writes and one for each account.
struct BudgetStatements {
    let db: LedgerTransaction

    /// Reserves on every account of the plan or on none.
    ///
    /// - Parameter isSending: whether the provider may bill it from now on.
    func reserve(
        _ plan: TurnPlan, for invocation: Invocation, owner: WorkerID, isSending: Bool = false, now: Timestamp
    ) throws -> Reservation {
        let plan = plan.bounded
        let clock = try db.accounts.budgetClock(now, adopting: plan.rules)
        let books = try open(plan, clock: clock, now: now)
        let (standings, level) = try standings(of: plan, on: books, for: invocation.priority, clock: clock)
        let output = try grantedOutput(for: plan, on: standings, books, clock: clock)
        let reservation = Reservation(
            id: ReservationID(now: now), input: plan.inputBound, output: output,
            cost: BudgetRule.boundCost(plan.prices, input: plan.inputBound, output: output), level: level)
        let accounts = books.map(\.id)
        // The double entries belong to the agent's own account; the others are counters.
        guard let own = books.first(where: { $0.name.hasPrefix("agent/") }) ?? books.first else {
            throw StateConflict(subject: "turn \(plan.n) of \(invocation.id)", reason: "it has no account")
        }
        try db.run(
            """
            INSERT INTO reservations (id, invocation, n, attempt, owner, state, input, output, cost, made_at, account,
                accounts, model, deadline)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                reservation.id, invocation.id, plan.n, invocation.attempt, owner, isSending ? "sent" : "held",
                reservation.input, reservation.output, reservation.cost, clock.now, own.id,
                "[\(accounts.map(String.init).joined(separator: ","))]", plan.model, now + Lease.length,
            ])
        try db.run(
            """
            UPDATE accounts SET reserved = reserved + ?, reserved_cost = reserved_cost + ?
            WHERE id IN (\(LedgerTransaction.places(accounts.count)))
            """, [reservation.tokens, reservation.cost] + accounts)
        try post(Posting(kind: "reserve", held: reservation.spending), of: reservation, on: own.id, at: clock.now)
        return reservation
    }

    /// Ends a reservation with the actual spending; nil releases it whole.
    ///
    /// - Parameter limits: those of the plan, if there is one, so that they need not be read again.
    /// - Returns: by how much the spending exceeded the reservation, and when it was posted.
    @discardableResult
    func settle(
        _ reservation: Reservation, spent: TokenUsage?, cost: Int64, estimated: Bool, limits: [AccountLimit] = [],
        now: Timestamp
    ) throws -> Settlement {
        let clock = try db.accounts.budgetClock(now)
        let usage = spent ?? .zero
        let ended = try db.first(
            """
            UPDATE reservations SET state = ?, ended_at = ? WHERE id = ? AND state IN ('held', 'sent')
            RETURNING account, accounts
            """, [spent == nil ? "released" : "settled", clock.now, reservation.id]
        ) { row in
            (account: try row[0] as Int64, accounts: row.source.bytes(1) { BudgetAudit.Entry.accounts($0) })
        }
        guard let ended else { throw LedgerFailure.fenced(what: "reservation \(reservation.id)") }
        let overrun = Spending(
            tokens: max(0, usage.total - reservation.tokens), cost: max(0, cost - reservation.cost))
        // Before the accounts, so that the entry precedes any alert or wake-up that it causes.
        let posting = Posting(
            kind: spent == nil ? "release" : "settle",
            held: Spending(tokens: -reservation.tokens, cost: -reservation.cost), spent: usage, cost: cost,
            isEstimated: estimated, overrun: overrun)
        try post(posting, of: reservation, on: ended.account, at: clock.now)
        var rows = try db.accounts.rows(ids: ended.accounts)
        for index in rows.indices {
            rows[index].reserved -= reservation.spending
            let spending = Spending(tokens: usage.total, cost: cost)
            rows[index].used += spending
            if rows[index].hasWindows {
                rows[index].windows.advance(to: clock.now) { clock.calendar }
                rows[index].windows.add(spending, at: clock.now)
                let known = limits.filter { $0.account == rows[index].name }
                try db.accounts.reckonAlerts(of: &rows[index], known: known, clock: clock, now: now)
            }
            try db.accounts.save(rows[index])
        }
        if clock.hasWaits { for row in rows { _ = try wakeWaiters(on: row, clock: clock, now: now) } }
        return Settlement(overrun: overrun, at: clock.now)
    }

    func openReservations(of invocation: InvocationID) throws -> [OpenReservation] {
        try db.all(
            "SELECT * FROM reservations WHERE invocation = ? AND state IN ('held', 'sent')", [invocation],
            read: OpenReservation.init)
    }

    /// Adds a settled call to the hourly roll-up and its root's total.
    ///
    /// - Parameter at: the instant of its entry.
    func rollUp(
        _ invocation: Invocation, model: String, usage: TokenUsage, cost: Int64, estimated: Bool, at: Timestamp
    ) throws {
        try db.run(
            """
            INSERT INTO usage_rollups (hour, agent, chapter, model, calls, input, cache_read, cache_write, output,
                reasoning, cost, estimated)
            VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (hour, agent, chapter, model) DO UPDATE SET calls = usage_rollups.calls + 1,
                input = usage_rollups.input + excluded.input,
                cache_read = usage_rollups.cache_read + excluded.cache_read,
                cache_write = usage_rollups.cache_write + excluded.cache_write,
                output = usage_rollups.output + excluded.output,
                reasoning = usage_rollups.reasoning + excluded.reasoning, cost = usage_rollups.cost + excluded.cost,
                estimated = usage_rollups.estimated + excluded.estimated
            """,
            [
                at.seconds.floorDivided(by: 3600).quotient, invocation.agent, invocation.chapter ?? "", model,
                usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning, cost,
                estimated ? usage.total : 0,
            ])
        try db.run(
            """
            INSERT INTO root_totals (root, calls, tokens, cost, last_at) VALUES (?, 1, ?, ?, ?)
            ON CONFLICT (root) DO UPDATE SET calls = root_totals.calls + 1,
                tokens = root_totals.tokens + excluded.tokens, cost = root_totals.cost + excluded.cost,
                last_at = CASE WHEN root_totals.last_at > excluded.last_at THEN root_totals.last_at
                    ELSE excluded.last_at END
            """, [invocation.root, usage.total, cost, at])
        try db.reports.rollUp(
            root: invocation.root, hour: at.seconds.floorDivided(by: 3600).quotient, usage: usage, cost: cost,
            estimated: estimated)
    }

    // MARK: Steps of reserving

    /// The rows of the plan's accounts, each once, in its order; made if they are missing.
    private func open(_ plan: TurnPlan, clock: BudgetClock, now: Timestamp) throws -> [AccountRow] {
        var names: [String] = []
        for limit in plan.accounts where !names.contains(limit.account) { names.append(limit.account) }
        let known = try db.accounts.rows(
            "SELECT \(AccountRow.columns) FROM accounts WHERE name IN (\(LedgerTransaction.places(names.count)))", names
        )
        var books: [AccountRow] = []
        for name in names {
            var row = try known.first { $0.name == name } ?? db.accounts.make(named: name)
            let limits = plan.accounts.filter { $0.account == name }
            if try db.accounts.note(limits, of: &row, commit: plan.rules.commit, clock: clock, now: now), row.hasWindows
            {
                try db.accounts.reckonAlerts(of: &row, known: limits, clock: clock, now: now)
            }
            books.append(row)
        }
        return books
    }

    /// Each limit in force and its usage.
    ///
    /// - Throws: `BudgetExceeded` where an alert holds work of this priority back.
    private func standings(
        of plan: TurnPlan, on books: [AccountRow], for priority: Priority, clock: BudgetClock
    ) throws -> (standings: [BudgetRule.Standing], level: AlertLevel) {
        var standings: [BudgetRule.Standing] = []
        var highest: AlertLevel = .none
        for row in books {
            let adjustments = try db.accounts.adjustments(of: row, at: clock.now)
            let limits = adjustments.applied(to: plan.accounts.filter { $0.account == row.name })
            for limit in limits {
                let used = row.used(in: limit.period, at: clock.now)
                let level = BudgetRule.level(of: limit, used: used, clock.rules.alerts)
                guard level.admits(priority) else { throw kept(back: limit, row, used, priority, level, clock, plan) }
                highest = max(highest, level)
                standings.append(
                    BudgetRule.Standing(
                        limit: limit.withholding(from: priority), used: used.tokens, reserved: row.reserved.tokens,
                        usedCost: used.cost, reservedCost: row.reserved.cost))
            }
        }
        return (standings, highest)
    }

    private func kept(
        back limit: AccountLimit, _ row: AccountRow, _ used: Spending, _ priority: Priority, _ level: AlertLevel,
        _ clock: BudgetClock, _ plan: TurnPlan
    ) -> BudgetExceeded {
        let alerts = clock.rules.alerts
        let byTokens = limit.tokens.map { alerts.level(used: used.tokens, limit: $0) == level } ?? false
        let (spent, open) = byTokens ? (used.tokens, row.reserved.tokens) : (used.cost, row.reserved.cost)
        let call = byTokens ? plan.worstTokens : plan.worstCost
        let ends = row.calendar(limit.period).map { max($0.end, clock.now) }
        return BudgetExceeded(
            account: row.name, setting: limit.setting, limit: (byTokens ? limit.tokens : limit.cost) ?? 0,
            used: spent, reserved: open, needed: byTokens ? plan.inputBound : 0,
            enough: max(BudgetRule.enough(spent, for: priority, alerts), BudgetRule.enough(spent, open, call)),
            isMoney: !byTokens, isPriceUnknown: false, period: limit.period,
            relief: ends.map { .at($0) } ?? .grant, alert: level)
    }

    private func grantedOutput(
        for plan: TurnPlan, on standings: [BudgetRule.Standing], _ books: [AccountRow], clock: BudgetClock
    ) throws -> Int64 {
        do {
            return try BudgetRule.grantedOutput(for: plan, on: standings)
        } catch {
            var refusal = error
            guard !error.isPriceUnknown, let row = books.first(where: { $0.name == error.account }) else { throw error }
            refusal.relief = BudgetRule.relief(
                of: row, error.period, limit: error.limit, needed: error.needed, isMoney: error.isMoney, at: clock.now)
            throw refusal
        }
    }

    /// The content of an entry beside its reservation and account.
    private struct Posting {
        let kind: String
        let held: Spending
        var spent = TokenUsage.zero
        /// Micro-dollars.
        var cost: Int64 = 0
        var isEstimated = false
        var overrun = Spending()
    }

    private func post(
        _ posting: Posting, of reservation: Reservation, on account: Int64, at: Timestamp
    ) throws {
        let held = posting.held
        let spent = posting.spent
        let overrun = posting.overrun
        try db.run(
            """
            INSERT INTO entries (at, kind, reservation, account, estimated, overrun, overrun_cost, available, held, input,
                cache_read, cache_write, output, reasoning, available_cost, held_cost, spent_cost)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                at, posting.kind, reservation.id, account, posting.isEstimated, overrun.tokens, overrun.cost,
                -held.tokens - spent.total, held.tokens, spent.input, spent.cacheRead, spent.cacheWrite, spent.output,
                spent.reasoning, -held.cost - posting.cost, held.cost, posting.cost,
            ])
    }
}
