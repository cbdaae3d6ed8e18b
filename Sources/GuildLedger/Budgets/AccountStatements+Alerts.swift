import GuildDomain

extension AccountStatements {
    /// Recomputes the alerts of an account after its spending or its limits changed, and reports each level that is
    /// reached for the first time in its period: one audit entry, and one notification for each recipient.
    ///
    /// - Parameter known: the codex's limits on it, where the caller has them; used if they are those last seen.
    func reckonAlerts(
        of row: inout AccountRow, known: [AccountLimit] = [], clock: BudgetClock, now: Timestamp
    ) throws {
        guard row.hasWindows,
            row.limitsDigest ?? LimitsText.emptyDigest != LimitsText.emptyDigest
                || clock.now < row.adjustedUntil || row.level > .none
        else { return }
        row.windows.advance(to: clock.now) { clock.calendar }
        let isKnown = !known.isEmpty && LimitsText.digest(of: known) == row.limitsDigest
        let limits = try adjustments(of: row, at: clock.now).applied(to: isKnown ? known : codexLimits(of: row))
        var highest: AlertLevel = .none
        var until = Timestamp(microseconds: 0)
        for limit in limits where limit.period.isCalendar {
            guard let calendar = row.calendar(limit.period) else { continue }
            let level = BudgetRule.level(of: limit, used: calendar.used, clock.rules.alerts)
            guard level > .none else { continue }
            highest = max(highest, level)
            until = max(until, calendar.end)
            if level > calendar.told {
                try tell(level, after: calendar.told, of: limit, calendar, clock: clock, now: now)
                if limit.period == .day { row.windows.day.told = level } else { row.windows.month.told = level }
                try save(row)
            }
        }
        guard highest != row.level else { return }
        row.level = highest
        try db.run("UPDATE accounts SET level = ?, level_until = ? WHERE id = ?", [highest, until, row.id])
    }

    /// The alerts in force now.
    func alertLevels(now: Timestamp) throws -> AlertLevels {
        let rows = try db.list(
            "SELECT \(AccountRow.columns) FROM accounts INDEXED BY accounts_alerted WHERE level > 0"
        ) { try AccountRow($0) }
        guard !rows.isEmpty else { return AlertLevels() }
        let clock = try budgetClock(now)
        var levels: [String: AlertLevel] = [:]
        for row in rows {
            do {
                levels[row.name] = try level(of: row, clock: clock)
            } catch let fault as RowFault {
                // The calls of this account fail with the fault; an alert would add nothing.
                db.leaveOut(fault)
            }
        }
        return AlertLevels(levels)
    }

    /// When the next alert in force ends by the calendar; nil if there is none.
    func nextAlertEnd(after now: Timestamp) throws -> Timestamp? {
        try db.value(
            """
            SELECT min(level_until) FROM accounts INDEXED BY accounts_alerted WHERE level > 0 AND level_until > ?
            """, [now])
    }

    func level(of row: AccountRow, clock: BudgetClock) throws -> AlertLevel {
        try limits(of: row, at: clock.now).map {
            BudgetRule.level(of: $0, used: row.used(in: $0.period, at: clock.now), clock.rules.alerts)
        }.max() ?? .none
    }

    private func tell(
        _ level: AlertLevel, after told: AlertLevel, of limit: AccountLimit, _ calendar: SpendingWindows.Calendar,
        clock: BudgetClock, now: Timestamp
    ) throws {
        let recipients = try alertRecipients(of: limit.account)
        for reached in AlertLevel.allCases where reached > told && reached <= level {
            try db.audit.append(
                AuditEntry(
                    at: now, actor: "executor", kind: .budgetAlerted, subject: limit.account,
                    body: [
                        "level": .string(reached.name), "period": .string(limit.period.rawValue),
                        "since": .string(calendar.start.rfc3339), "setting": .string(limit.setting),
                        "used": .integer(calendar.used.tokens), "used_cost": .integer(calendar.used.cost),
                        "limit": limit.tokens.map { .integer($0) } ?? .null,
                        "limit_cost": limit.cost.map { .integer($0) } ?? .null,
                        "told": .array(recipients.map { .string($0) }),
                    ]))
            let text = """
                \(limit.account) has reached the \(reached.name) alert of its \(limit.period.name): \
                \(Self.share(calendar.used, of: limit)). \(Self.effect(of: reached))
                """
            for recipient in recipients {
                try db.run(
                    """
                    INSERT INTO notifications (id, at, recipient, severity, text, state)
                    VALUES (?, ?, ?, ?, ?, 'pending')
                    """,
                    [
                        NotificationID(now: now), now, recipient,
                        reached == .red ? "critical" : reached == .orange ? "warning" : "info", text,
                    ])
            }
        }
    }

    private static func share(_ used: Spending, of limit: AccountLimit) -> String {
        let tokens = limit.tokens.map { "\(used.tokens) of \($0) tokens" }
        let cost = limit.cost.map { "\(used.cost) of \($0) micro-dollars" }
        return [tokens, cost].compactMap(\.self).joined(separator: ", ") + " (\(limit.setting))"
    }

    private static func effect(of level: AlertLevel) -> String {
        switch level {
        case .none: ""
        case .yellow: "Context is trimmed harder and debounce windows double; nothing is held back yet."
        case .orange: "BACKGROUND work stops, and active durations halve."
        case .red: "Only CRITICAL and HIGH run and schedules pause, until a grant or the next period."
        }
    }
}
