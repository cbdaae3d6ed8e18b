import GuildDomain

extension LedgerTransaction {
    /// Most grants or throttles that one question lists.
    private static let listLimit = 1000

    func grant(_ request: GrantRequest, now: Timestamp) throws -> GrantOutcome {
        try Self.check(actor: request.actor, reason: request.reason)
        guard request.tokens >= 0, request.cost >= 0, request.tokens > 0 || request.cost > 0 else {
            throw BudgetCommandFailure.nothing
        }
        let clock = try budgetClock(now)
        var row = try existing(request.account)
        row.windows.advance(to: clock.now) { clock.calendar }
        var until: Timestamp? = Timestamp(microseconds: 0)
        for period in try periods(of: request, row) {
            let end = lapse(of: period, row, at: clock.now)
            until = end.flatMap { end in until.map { max($0, end) } }
            try run(
                """
                INSERT INTO grants (at, entry, account, period, until, tokens, cost, actor, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    clock.now, clock.entry, row.id, period.rawValue,
                    end.map { .time($0) } ?? .null, min(request.tokens, BudgetRule.callLimit),
                    min(request.cost, BudgetRule.costLimit), request.actor, request.reason,
                ])
            try appendAudit(
                AuditEntry(
                    at: now, actor: request.actor, kind: .budgetGranted, subject: row.name,
                    body: [
                        "period": .string(period.rawValue), "tokens": .integer(request.tokens),
                        "cost": .integer(request.cost), "until": end.map { .string($0.rfc3339) } ?? .null,
                        "reason": .string(request.reason),
                    ]))
        }
        let (woken, waiting) = try adjusted(&row, until: until, clock: clock, now: now)
        let grants = try activeGrants(of: row.name, now: now).filter { $0.at == clock.now && $0.actor == request.actor }
        return GrantOutcome(grants: grants, woken: woken, stillWaiting: waiting)
    }

    func throttle(_ request: ThrottleRequest, now: Timestamp) throws -> Throttle {
        try Self.check(actor: request.actor, reason: request.reason)
        let clock = try budgetClock(now)
        if let until = request.until, until <= clock.now { throw BudgetCommandFailure.past(until) }
        // A throttle may come before the account's first call.
        var row = try account(named: request.account.description)
        var (permille, tokens): (StoredValue, StoredValue) = (.null, .null)
        var period = request.period
        switch request.measure {
        case .permille(let share):
            guard (0..<1000).contains(share) else { throw BudgetCommandFailure.wrongMeasure("\(share) thousandths") }
            permille = .integer(share)
        case .tokens(let count):
            guard count >= 0 else { throw BudgetCommandFailure.wrongMeasure("\(count) tokens") }
            tokens = .integer(count)
            period = period ?? (row.hasWindows ? .day : .perInvocation)
        }
        try check(period, of: row)
        try run(
            """
            UPDATE throttles SET lifted_at = ? WHERE account = ? AND lifted_at IS NULL AND period IS ?
            """, [clock.now, row.id, period?.rawValue])
        try run(
            """
            INSERT INTO throttles (at, entry, account, period, permille, tokens, until, actor, reason)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                clock.now, clock.entry, row.id, period?.rawValue, permille, tokens,
                request.until.map { .time($0) } ?? .null, request.actor, request.reason,
            ])
        let id = lastInsertedRowID
        try appendAudit(
            AuditEntry(
                at: now, actor: request.actor, kind: .budgetThrottled, subject: row.name,
                body: [
                    "period": period.map { .string($0.rawValue) } ?? .null, "measure": Self.json(request.measure),
                    "until": request.until.map { .string($0.rfc3339) } ?? .null, "reason": .string(request.reason),
                ]))
        _ = try adjusted(&row, until: request.until, clock: clock, now: now)
        return Throttle(
            id: id, at: clock.now, account: row.name, period: period, measure: request.measure, until: request.until,
            liftedAt: nil, actor: request.actor, reason: request.reason)
    }

    func liftThrottle(
        of account: AccountName, reason: String, actor: String, now: Timestamp
    ) throws -> GrantOutcome {
        try Self.check(actor: actor, reason: reason)
        let clock = try budgetClock(now)
        var row = try existing(account)
        let lifted = try activeThrottles(of: row.name, now: now)
        guard !lifted.isEmpty else { throw BudgetCommandFailure.notThrottled(account: row.name) }
        try run(
            "UPDATE throttles SET lifted_at = ? WHERE account = ? AND lifted_at IS NULL",
            [clock.now, row.id])
        try appendAudit(
            AuditEntry(
                at: now, actor: actor, kind: .budgetThrottleLifted, subject: row.name,
                body: ["throttles": .array(lifted.map { .integer($0.id) }), "reason": .string(reason)]))
        let (woken, waiting) = try adjusted(&row, until: row.adjustedUntil, clock: clock, now: now)
        return GrantOutcome(grants: [], woken: woken, stillWaiting: waiting)
    }

    func activeGrants(of account: String?, now: Timestamp) throws -> [Grant] {
        let now = try budgetClock(now).now
        var grants: [Grant] = []
        try each(
            """
            SELECT g.id, g.at, a.name, g.period, g.until, g.tokens, g.cost, g.actor, g.reason
            FROM grants g JOIN accounts a ON a.id = g.account
            WHERE (g.until IS NULL OR g.until > ?) \(account == nil ? "" : "AND a.name = ?")
            ORDER BY g.id DESC LIMIT \(Self.listLimit)
            """, [.time(now)] + (account.map { [.text($0)] } ?? [])
        ) { row in
            try grants.append(
                Grant(
                    id: row[0], at: Timestamp(microseconds: row[1]),
                    account: row[2],
                    period: (row[3] as String?).flatMap(BudgetPeriod.init(rawValue:)) ?? .perInvocation,
                    until: (row[4] as Int64?).map { Timestamp(microseconds: $0) }, tokens: row[5],
                    cost: row[6], actor: row[7], reason: row[8]))
        }
        return grants
    }

    func activeThrottles(of account: String?, now: Timestamp) throws -> [Throttle] {
        let now = try budgetClock(now).now
        var throttles: [Throttle] = []
        try each(
            """
            SELECT t.id, t.at, a.name, t.period, t.permille, t.tokens, t.until, t.actor, t.reason
            FROM throttles t JOIN accounts a ON a.id = t.account
            WHERE t.lifted_at IS NULL AND (t.until IS NULL OR t.until > ?) \(account == nil ? "" : "AND a.name = ?")
            ORDER BY t.id DESC LIMIT \(Self.listLimit)
            """, [.time(now)] + (account.map { [.text($0)] } ?? [])
        ) { row in
            try throttles.append(
                Throttle(
                    id: row[0], at: Timestamp(microseconds: row[1]),
                    account: row[2], period: (row[3] as String?).flatMap(BudgetPeriod.init(rawValue:)),
                    measure: (row[4] as Int64?).map { .permille($0) } ?? .tokens((row[5] as Int64)),
                    until: (row[6] as Int64?).map { Timestamp(microseconds: $0) }, liftedAt: nil,
                    actor: row[7], reason: row[8]))
        }
        return throttles
    }

    // MARK: Steps

    /// What follows every change by a person: the account is known to be changed, its alerts are reckoned anew, and what
    /// waits and now has room goes on.
    private func adjusted(
        _ row: inout AccountRow, until: Timestamp?, clock: BudgetClock, now: Timestamp
    ) throws -> (woken: [InvocationID], waiting: Int) {
        try advanceClock(to: clock.now)
        row.adjustedUntil = max(row.adjustedUntil, until ?? Timestamp(microseconds: .max))
        try run("UPDATE accounts SET adjusted_until = ? WHERE id = ?", [row.adjustedUntil, row.id])
        try reckonAlerts(of: &row, clock: clock, now: now)
        let woken = try wakeWaiters(on: row, clock: clock, now: now)
        let waiting = try first("SELECT count(*) FROM budget_waits WHERE account = ?", [row.id]) {
            try $0[0] as Int64
        }
        return (woken, Int(clamping: waiting ?? 0))
    }

    /// An account that has a row. An agent or chapter of the codex gets one with its first limit or its first call.
    private func existing(_ name: AccountName) throws -> AccountRow {
        guard let row = try accountRow(named: name.description) else {
            throw BudgetCommandFailure.unknownAccount(name.description)
        }
        return row
    }

    private func periods(of request: GrantRequest, _ row: AccountRow) throws -> [BudgetPeriod] {
        try check(request.period, of: row)
        let limits = try codexLimits(of: row).filter { limit in
            (request.tokens > 0 && limit.tokens != nil) || (request.cost > 0 && limit.cost != nil)
        }
        let limited = BudgetPeriod.allCases.filter { period in limits.contains { $0.period == period } }
        let wanted = limited.filter { period in
            request.period.map { $0 == period } ?? (period.isCalendar || period == .perInvocation)
        }
        guard !wanted.isEmpty else { throw BudgetCommandFailure.unlimited(account: row.name) }
        return wanted
    }

    private func check(_ period: BudgetPeriod?, of row: AccountRow) throws {
        guard let period, !row.hasWindows, period != .perInvocation else { return }
        throw BudgetCommandFailure.noSuchPeriod(account: row.name, period: period.rawValue)
    }

    /// When a grant for the running period lapses.
    private func lapse(of period: BudgetPeriod, _ row: AccountRow, at now: Timestamp) -> Timestamp? {
        switch period {
        case .perInvocation: nil
        case .minute: now + .seconds(60)
        case .hour: now + .seconds(3600)
        case .day: row.windows.day.end
        case .month: row.windows.month.end
        }
    }

    private static func check(actor: String, reason: String) throws {
        guard actor.hasPrefix("user:"), actor != "user:" else { throw BudgetCommandFailure.notAPerson(actor) }
        guard reason.contains(where: { !$0.isWhitespace }) else { throw BudgetCommandFailure.noReason }
    }

    private static func json(_ measure: Throttle.Measure) -> JSONValue {
        switch measure {
        case .permille(let share): ["permille": .integer(share)]
        case .tokens(let count): ["tokens": .integer(count)]
        }
    }
}
