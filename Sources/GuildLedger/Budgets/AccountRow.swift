import GuildDomain

/// One account as its row holds it.
struct AccountRow: Sendable {
    let id: Int64
    let name: String
    /// Since the ledger was made.
    var used: Spending
    var reserved: Spending
    /// Empty for an account without windows.
    var windows: SpendingWindows
    /// Of the codex's limits as last seen; nil where none was.
    var limitsDigest: Int64?
    /// Until when grants or throttles may be in force.
    var adjustedUntil: Timestamp
    /// A hint that there may be an alert.
    var level: AlertLevel

    var hasWindows: Bool { AccountName.hasWindows(name) }

    /// What counts for a limit of this period.
    func used(in period: BudgetPeriod, at now: Timestamp) -> Spending { windows.used(in: period, at: now) ?? used }

    func calendar(_ period: BudgetPeriod) -> SpendingWindows.Calendar? {
        switch period {
        case .day: windows.day
        case .month: windows.month
        case .perInvocation, .minute, .hour: nil
        }
    }

    static let columns = """
        id, name, used, used_cost, reserved, reserved_cost, minute, hour, day_start, day_end, day_used, day_cost, day_told,
        month_start, month_end, month_used, month_cost, month_told, limits_digest, adjusted_until, level
        """
    static let columnCount: Int32 = 21

    init(id: Int64, name: String) {
        self.id = id
        self.name = name
        (used, reserved, windows) = (Spending(), Spending(), SpendingWindows())
        (adjustedUntil, level) = (Timestamp(microseconds: 0), .none)
    }

    /// - Throws: where the buckets are not what we wrote.
    init(_ row: LedgerRow) throws {
        func spending(_ column: Int32) -> Spending {
            Spending(tokens: row.integer(column) ?? 0, cost: row.integer(column + 1) ?? 0)
        }
        func calendar(_ column: Int32) -> SpendingWindows.Calendar {
            SpendingWindows.Calendar(
                start: Timestamp(microseconds: row.integer(column) ?? 0),
                end: Timestamp(microseconds: row.integer(column + 1) ?? 0), used: spending(column + 2),
                told: AlertLevel(rawValue: Int(clamping: row.integer(column + 4) ?? 0)) ?? .none)
        }
        let name = try (row[1] as String)
        guard let id = try (row[0] as Int64?), let minute = try BucketRing(bytes: row[6]),
            let hour = try BucketRing(bytes: row[7])
        else { throw LedgerFailure.unusable(path: "account \(name)", reason: "its windows are damaged") }
        self.id = id
        self.name = name
        (used, reserved) = (spending(2), spending(4))
        windows = SpendingWindows(minute: minute, hour: hour, day: calendar(8), month: calendar(13))
        limitsDigest = try (row[18] as Int64?)
        adjustedUntil = try Timestamp(microseconds: row[19])
        level = try AlertLevel(rawValue: Int(clamping: row[20])) ?? .none
    }
}

extension LedgerTransaction {
    func accountRow(named name: String) throws -> AccountRow? {
        try accountRows("SELECT \(AccountRow.columns) FROM accounts WHERE name = ?", [name]).first
    }

    func accountRow(_ id: Int64) throws -> AccountRow? {
        try accountRows("SELECT \(AccountRow.columns) FROM accounts WHERE id = ?", [id]).first
    }

    /// - Parameter ids: a JSON array.
    func accountRows(ids: String) throws -> [AccountRow] {
        try accountRows(
            "SELECT \(AccountRow.columns) FROM accounts WHERE id IN (SELECT value FROM json_each(?))", [ids])
    }

    func accountRows(_ sql: String, _ values: [StoredValue] = []) throws -> [AccountRow] {
        var rows: [AccountRow] = []
        try each(sql, values) { rows.append(try AccountRow($0)) }
        return rows
    }

    /// The account of that name, made where there is none.
    func account(named name: String) throws -> AccountRow {
        try accountRow(named: name) ?? makeAccount(named: name)
    }

    /// A new account; its name is not there yet.
    func makeAccount(named name: String) throws -> AccountRow {
        try run("INSERT INTO accounts (name) VALUES (?)", [name])
        return AccountRow(id: lastInsertedRowID, name: name)
    }

    /// Writes what a settlement changes of an account.
    func save(_ row: AccountRow) throws {
        guard row.hasWindows else {
            return try run(
                "UPDATE accounts SET used = ?, used_cost = ?, reserved = ?, reserved_cost = ? WHERE id = ?",
                [
                    row.used.tokens, row.used.cost, row.reserved.tokens,
                    row.reserved.cost, row.id,
                ])
        }
        let (day, month) = (row.windows.day, row.windows.month)
        try run(
            """
            UPDATE accounts SET used = ?, used_cost = ?, reserved = ?, reserved_cost = ?, minute = ?, hour = ?,
                day_start = ?, day_end = ?, day_used = ?, day_cost = ?, day_told = ?, month_start = ?, month_end = ?,
                month_used = ?, month_cost = ?, month_told = ?
            WHERE id = ?
            """,
            [
                row.used.tokens, row.used.cost, row.reserved.tokens,
                row.reserved.cost, row.windows.minute.bytes, row.windows.hour.bytes,
                day.start, day.end, day.used.tokens, day.used.cost,
                day.told.rawValue, month.start, month.end, month.used.tokens,
                month.used.cost, month.told.rawValue, row.id,
            ])
    }
}
