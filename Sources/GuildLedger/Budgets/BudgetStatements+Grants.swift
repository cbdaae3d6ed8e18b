import GuildDomain

extension BudgetStatements {
    /// Most grants or throttles that one question lists.
    private static let listLimit = 1000

    func grant(_ request: GrantRequest, now: Timestamp) throws -> GrantOutcome {
        try Self.check(actor: request.actor, reason: request.reason)
        guard request.tokens >= 0, request.cost >= 0, request.tokens > 0 || request.cost > 0 else {
            throw BudgetCommandFailure.nothing
        }
        let clock = try db.accounts.budgetClock(now)
        var row = try existing(request.account)
        row.windows.advance(to: clock.now) { clock.calendar }
        var until: Timestamp? = Timestamp(microseconds: 0)
        for period in try periods(of: request, row) {
            let end = lapse(of: period, row, at: clock.now)
            until = end.flatMap { end in until.map { max($0, end) } }
            try db.run(
                """
                INSERT INTO grants (at, entry, account, period, until, tokens, cost, actor, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    clock.now, clock.entry, row.id, period, end, min(request.tokens, BudgetRule.callLimit),
                    min(request.cost, BudgetRule.costLimit), request.actor, request.reason,
                ])
            try db.audit.append(
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
        let clock = try db.accounts.budgetClock(now)
        if let until = request.until, until <= clock.now { throw BudgetCommandFailure.past(until) }
        // A throttle may come before the account's first call.
        var row = try db.accounts.obtain(named: request.account.description)
        var permille: Int64?
        var tokens: Int64?
        var period = request.period
        switch request.measure {
        case .permille(let share):
            guard (0..<1000).contains(share) else { throw BudgetCommandFailure.wrongMeasure("\(share) thousandths") }
            permille = share
        case .tokens(let count):
            guard count >= 0 else { throw BudgetCommandFailure.wrongMeasure("\(count) tokens") }
            tokens = count
            period = period ?? (row.hasWindows ? .day : .perInvocation)
        }
        try check(period, of: row)
        try db.run(
            """
            UPDATE throttles SET lifted_at = ? WHERE account = ? AND lifted_at IS NULL
                AND coalesce(period, '') = ?
            """, [clock.now, row.id, period?.rawValue ?? ""])
        let made = try db.value(
            """
            INSERT INTO throttles (at, entry, account, period, permille, tokens, until, actor, reason)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
            """,
            [
                clock.now, clock.entry, row.id, period, permille, tokens, request.until, request.actor, request.reason,
            ], as: Int64.self)
        guard let id = made else { throw StorageFault(kind: .other, message: "the throttle was not created") }
        try db.audit.append(
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
        let clock = try db.accounts.budgetClock(now)
        var row = try existing(account)
        let lifted = try activeThrottles(of: row.name, now: now)
        guard !lifted.isEmpty else { throw BudgetCommandFailure.notThrottled(account: row.name) }
        try db.run("UPDATE throttles SET lifted_at = ? WHERE account = ? AND lifted_at IS NULL", [clock.now, row.id])
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: .budgetThrottleLifted, subject: row.name,
                body: ["throttles": .array(lifted.map { .integer($0.id) }), "reason": .string(reason)]))
        let (woken, waiting) = try adjusted(&row, until: row.adjustedUntil, clock: clock, now: now)
        return GrantOutcome(grants: [], woken: woken, stillWaiting: waiting)
    }

    /// The actor of a grant or a throttle whose row cannot be read.
    private static let unreadable = "a damaged row"

    private static func account(of row: LedgerRow, _ asked: String?) -> String {
        asked ?? String(stored: row.source, column: 2) ?? ""
    }

    /// A damaged row is one that grants nothing, with the fault as its reason: it stops no other account's work.
    func activeGrants(of account: String?, now: Timestamp) throws -> [Grant] {
        let now = try db.accounts.budgetClock(now).now
        return try db.all(
            """
            SELECT g.id, g.at, a.name, g.period, g.until, g.tokens, g.cost, g.actor, g.reason
            FROM grants g JOIN accounts a ON a.id = g.account
            WHERE (g.until IS NULL OR g.until > ?) \(account == nil ? "" : "AND a.name = ?")
            ORDER BY g.id DESC LIMIT \(Self.listLimit)
            """, account.map { [now, $0] } ?? [now]
        ) { row in
            do {
                return try Grant(
                    id: row[0], at: row[1], account: row[2], period: row[3], until: row[4], tokens: row[5],
                    cost: row[6], actor: row[7], reason: row[8])
            } catch let fault as RowFault {
                return Grant(
                    id: row.source.integer(0), at: now, account: Self.account(of: row, account), period: .day,
                    until: nil, tokens: 0, cost: 0, actor: Self.unreadable, reason: fault.message)
            }
        }
    }

    /// A damaged row is one that leaves its account nothing, with the fault as its reason, until it is lifted.
    func activeThrottles(of account: String?, now: Timestamp) throws -> [Throttle] {
        let now = try db.accounts.budgetClock(now).now
        return try db.all(
            """
            SELECT t.id, t.at, a.name, t.period, t.permille, t.tokens, t.until, t.actor, t.reason, t.lifted_at
            FROM throttles t JOIN accounts a ON a.id = t.account
            WHERE (t.lifted_at IS NULL OR t.lifted_at < t.at) AND (t.until IS NULL OR t.until > ? OR t.until <= t.at)
                \(account == nil ? "" : "AND a.name = ?")
            ORDER BY t.id DESC LIMIT \(Self.listLimit)
            """, account.map { [now, $0] } ?? [now]
        ) { row in
            do {
                let permille: Int64? = try row[4]
                let at: Timestamp = try row[1]
                let until: Timestamp? = try row[6]
                // A check of the schema that damage has evaded; whatever it says, it takes no more than the whole away.
                try row.require(permille.map { (0...999).contains($0) } ?? true, "permille")
                try row.require((permille == nil) != (try row[5] as Int64? == nil), "tokens")
                try row.require(until.map { $0 > at } ?? true, "until")
                try row.require(try row[9] as Timestamp? == nil, "lifted_at")
                return try Throttle(
                    id: row[0], at: row[1], account: row[2], period: row[3],
                    measure: permille.map { .permille($0) } ?? .tokens(row[5]), until: row[6], liftedAt: nil,
                    actor: row[7], reason: row[8])
            } catch let fault as RowFault {
                return Throttle(
                    id: row.source.integer(0), at: now, account: Self.account(of: row, account), period: nil,
                    measure: .permille(0), until: nil, liftedAt: nil, actor: Self.unreadable, reason: fault.message)
            }
        }
    }

    // MARK: Steps

    /// The consequences of every change by a person: the account is marked as changed, its alerts are recomputed, and
    /// waiting invocations with room continue.
    private func adjusted(
        _ row: inout AccountRow, until: Timestamp?, clock: BudgetClock, now: Timestamp
    ) throws -> (woken: [InvocationID], waiting: Int) {
        try db.accounts.advanceClock(to: clock.now)
        row.adjustedUntil = max(row.adjustedUntil, until ?? Timestamp(microseconds: .max))
        try db.run("UPDATE accounts SET adjusted_until = ? WHERE id = ?", [row.adjustedUntil, row.id])
        try db.accounts.reckonAlerts(of: &row, clock: clock, now: now)
        let woken = try wakeWaiters(on: row, clock: clock, now: now)
        return (woken, try waiting(on: row))
    }

    /// An account that has a row. An agent or chapter of the codex gets one with its first limit or its first call.
    private func existing(_ name: AccountName) throws -> AccountRow {
        guard let row = try db.accounts.find(named: name.description) else {
            throw BudgetCommandFailure.unknownAccount(name.description)
        }
        return row
    }

    private func periods(of request: GrantRequest, _ row: AccountRow) throws -> [BudgetPeriod] {
        try check(request.period, of: row)
        let limits = try db.accounts.codexLimits(of: row).filter(\.isLimit)
        guard !limits.isEmpty else { throw BudgetCommandFailure.unlimited(account: row.name) }
        let wanted = limits.filter { limit in
            request.period.map { $0 == limit.period } ?? (limit.period.isCalendar || limit.period == .perInvocation)
        }
        var raised: Set<BudgetPeriod> = []
        for (amount, unit, value) in [
            (request.tokens, "tokens", \AccountLimit.tokens), (request.cost, "money", \AccountLimit.cost),
        ] where amount > 0 {
            let periods = wanted.filter { $0[keyPath: value] != nil }.map(\.period)
            // An amount that no limit counts would be recorded and change nothing.
            guard !periods.isEmpty else {
                throw BudgetCommandFailure.noSuchLimit(
                    account: row.name, unit: unit, period: request.period?.name, limited: Self.names(of: limits))
            }
            raised.formUnion(periods)
        }
        return BudgetPeriod.allCases.filter(raised.contains)
    }

    /// `tokens by day`, in the order of the periods.
    private static func names(of limits: [AccountLimit]) -> [String] {
        BudgetPeriod.allCases.flatMap { period in
            let mine = limits.filter { $0.period == period }
            return [("tokens", \AccountLimit.tokens), ("money", \AccountLimit.cost)].compactMap { unit, value in
                mine.contains { $0[keyPath: value] != nil } ? "\(unit) by \(period.name)" : nil
            }
        }
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
