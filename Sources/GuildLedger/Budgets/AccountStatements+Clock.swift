import GuildDomain

extension AccountStatements {
    func budgetClock(_ now: Timestamp) throws -> BudgetClock {
        let clock = try db.first(
            """
            SELECT r.at, r.zone, r.yellow, r.orange, r.red, e.id, e.at, EXISTS (SELECT 1 FROM budget_waits), r.commit_id
            FROM (SELECT * FROM budget_rules ORDER BY id DESC LIMIT 1) r
            LEFT JOIN (SELECT id, at FROM entries ORDER BY id DESC LIMIT 1) e ON 1 = 1
            """
        ) { row in
            let zone: String = try row[1]
            let alerts = try AlertThresholds(yellow: row[2], orange: row[3], red: row[4])
            let ruled: Timestamp = try row[0]
            // There is no entry before the first call.
            let posted: Timestamp? = try row[6]
            return BudgetClock(
                now: max(now, ruled, posted ?? ruled),
                rules: BudgetRules(zone: zone, alerts: alerts, commit: try row[8]), entry: try row[5] as Int64? ?? 0,
                hasWaits: try row[7], isUnset: zone.isEmpty)
        }
        guard let clock else { throw RowFault(column: "id", found: "no row", sql: "SELECT id FROM budget_rules") }
        return clock
    }

    /// The clock under the rules of a plan's commit; if they are others than those last seen, that is recorded.
    func budgetClock(_ now: Timestamp, adopting rules: BudgetRules) throws -> BudgetClock {
        let clock = try budgetClock(now)
        guard clock.isUnset || clock.rules.zone != rules.zone || clock.rules.alerts != rules.alerts else {
            return clock
        }
        try db.run(
            "INSERT INTO budget_rules (at, entry, commit_id, zone, yellow, orange, red) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                clock.now, clock.entry, rules.commit, rules.zone, rules.alerts.yellow, rules.alerts.orange,
                rules.alerts.red,
            ])
        if clock.rules.zone != rules.zone {
            try turnCalendars(to: rules.zone, at: clock.now, fillingWindows: clock.isUnset && clock.entry > 0)
        }
        if !clock.isUnset {
            try db.audit.append(
                AuditEntry(
                    at: now, actor: "executor", kind: .budgetLimitChanged, subject: "organization",
                    commit: rules.commit.isEmpty ? nil : rules.commit,
                    body: [
                        "old": ["timezone": .string(clock.rules.zone), "alerts": Self.json(clock.rules.alerts)],
                        "new": ["timezone": .string(rules.zone), "alerts": Self.json(rules.alerts)],
                    ]))
        }
        return BudgetClock(
            now: clock.now, rules: rules, entry: clock.entry, hasWaits: clock.hasWaits, isUnset: false)
    }

    /// Advances the clock of the accounts if a person's change is the latest event in them.
    func advanceClock(to now: Timestamp) throws {
        try db.run(
            "UPDATE budget_rules SET at = ? WHERE id = (SELECT max(id) FROM budget_rules) AND at < ?", [now, now])
    }

    private static func json(_ alerts: AlertThresholds) -> JSONValue {
        ["yellow": .integer(alerts.yellow), "orange": .integer(alerts.orange), "red": .integer(alerts.red)]
    }

    /// Another zone has other days: their usage is taken from the hourly roll-ups, with each partial hour counted
    /// whole.
    ///
    /// - Parameter fillingWindows: the accounts are older than their windows, so those are filled too.
    private func turnCalendars(to zone: String, at now: Timestamp, fillingWindows: Bool) throws {
        let spent = fillingWindows ? try spentLately(at: now) : [:]
        let calendar = PeriodCalendar(zone: zone)
        let day = calendar.day(at: now)
        let month = calendar.month(at: now)
        // The calls of a damaged account fail; those of others are not to wait for its repair.
        for var row in try db.list(Self.allWithWindows, read: { try AccountRow($0) }) {
            for (at, spending) in spent[row.id] ?? [] { row.windows.add(spending, at: at) }
            row.windows.day = try turned(row.windows.day, of: row.name, to: day)
            row.windows.month = try turned(row.windows.month, of: row.name, to: month)
            try save(row)
        }
    }

    /// The spending on each account in the last hour.
    private func spentLately(at now: Timestamp) throws -> [Int64: [(at: Timestamp, Spending)]] {
        var spent: [Int64: [(at: Timestamp, Spending)]] = [:]
        try db.each(
            """
            SELECT r.accounts, e.at, e.input + e.cache_read + e.cache_write + e.output + e.reasoning, e.spent_cost
            FROM entries e JOIN reservations r ON r.id = e.reservation
            WHERE e.kind = 'settle' AND e.at > ? ORDER BY e.id
            """, [now - .seconds(62 * 60)]
        ) { row in
            let spending = try Spending(tokens: row[2], cost: row[3])
            for account in row.source.bytes(0, { BudgetAudit.Entry.accounts($0) }) {
                spent[account, default: []].append((try row[1], spending))
            }
        }
        return spent
    }

    private func turned(
        _ old: SpendingWindows.Calendar, of account: String, to range: Range<Timestamp>
    ) throws -> SpendingWindows.Calendar {
        let used = try rolledUp(account, since: range.lowerBound) ?? old.used
        return SpendingWindows.Calendar(start: range.lowerBound, end: range.upperBound, used: used, told: old.told)
    }

    /// The usage of an account in the roll-ups from the hour of `since` on; nil for an account without roll-ups.
    func rolledUp(_ account: String, since: Timestamp) throws -> Spending? {
        let column: String
        let value: String
        switch AccountName(account) {
        case .organization: (column, value) = ("''", "")
        case .chapter(let name): (column, value) = ("chapter", name)
        case .agent(let name): (column, value) = ("agent", name)
        case .swarm, .root, .invocation, nil: return nil
        }
        return try db.first(
            """
            SELECT coalesce(sum(input + cache_read + cache_write + output + reasoning), 0), coalesce(sum(cost), 0)
            FROM usage_rollups WHERE hour >= ? AND lower(\(column)) = lower(?)
            """, [since.seconds.floorDivided(by: 3600).quotient, value]
        ) { row in Spending(tokens: try row[0], cost: try row[1]) }
    }
}
