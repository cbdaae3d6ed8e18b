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
    /// Of the codex's limits as last seen; nil if none was.
    var limitsDigest: Int64?
    /// Until when grants or throttles may be in force.
    var adjustedUntil: Timestamp
    /// A hint that there may be an alert.
    var level: AlertLevel

    var hasWindows: Bool { AccountName.hasWindows(name) }

    /// The usage that counts for a limit of this period.
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
        used = Spending()
        reserved = Spending()
        windows = SpendingWindows()
        adjustedUntil = Timestamp(microseconds: 0)
        level = .none
    }

    /// - Parameter row: begins with `columns`.
    init(_ row: LedgerRow) throws {
        func spending(_ column: Int32) throws -> Spending {
            Spending(tokens: try row.count(column), cost: try row.count(column + 1))
        }
        // An account that was never used has none.
        func ring(_ column: Int32) throws -> BucketRing { try row[column] as BucketRing? ?? BucketRing() }
        func calendar(_ column: Int32) throws -> SpendingWindows.Calendar {
            SpendingWindows.Calendar(
                start: try row[column], end: try row[column + 1], used: try spending(column + 2),
                told: try row[column + 4])
        }
        id = try row[0]
        name = try row[1]
        used = try spending(2)
        reserved = try spending(4)
        windows = SpendingWindows(
            minute: try ring(6), hour: try ring(7), day: try calendar(8), month: try calendar(13))
        limitsDigest = try row[18]
        adjustedUntil = try row[19]
        level = try row[20]
    }
}

/// Stored as `BucketRing.bytes`.
extension BucketRing: Storable, StoredDecodable {
    package var stored: StoredValue { .blob(bytes) }

    package init?(stored source: any RowSource, column: Int32) {
        guard let bytes = [UInt8](stored: source, column: column) else { return nil }
        self.init(bytes: bytes)
    }
}

extension AccountStatements {
    func find(named name: String) throws -> AccountRow? {
        try rows("SELECT \(AccountRow.columns) FROM accounts WHERE name = ?", [name]).first
    }

    func find(_ id: Int64) throws -> AccountRow? {
        try rows("SELECT \(AccountRow.columns) FROM accounts WHERE id = ?", [id]).first
    }

    func rows(ids: [Int64]) throws -> [AccountRow] {
        try rows(
            "SELECT \(AccountRow.columns) FROM accounts WHERE id IN (\(LedgerTransaction.places(ids.count)))", ids)
    }

    func rows(_ sql: String, _ values: [(any Storable)?] = []) throws -> [AccountRow] {
        try db.all(sql, values) { try AccountRow($0) }
    }

    /// Those that windows are kept for: the organisation, chapters, agents and swarms.
    func withWindows() throws -> [AccountRow] { try rows(Self.allWithWindows) }

    static var allWithWindows: String {
        "SELECT \(AccountRow.columns) FROM accounts WHERE \(Self.hasWindows("name"))"
    }

    /// The condition that an account of that name is none of an invocation or a root (`AccountName.hasWindows`).
    static func hasWindows(_ name: String) -> String {
        "substr(\(name), 1, 11) <> 'invocation/' AND substr(\(name), 1, 5) <> 'root/'"
    }

    /// The account of that name, made if there is none.
    func obtain(named name: String) throws -> AccountRow {
        try find(named: name) ?? make(named: name)
    }

    /// A new account; its name is not there yet.
    func make(named name: String) throws -> AccountRow {
        let sql = "INSERT INTO accounts (name) VALUES (?) RETURNING id"
        guard let id = try db.value(sql, [name], as: Int64.self) else {
            throw StorageFault(kind: .other, message: "the account was not created", sql: sql)
        }
        return AccountRow(id: id, name: name)
    }

    /// Writes a settlement's changes to an account.
    func save(_ row: AccountRow) throws {
        guard row.hasWindows else {
            return try db.run(
                "UPDATE accounts SET used = ?, used_cost = ?, reserved = ?, reserved_cost = ? WHERE id = ?",
                [row.used.tokens, row.used.cost, row.reserved.tokens, row.reserved.cost, row.id])
        }
        let day = row.windows.day
        let month = row.windows.month
        try db.run(
            """
            UPDATE accounts SET used = ?, used_cost = ?, reserved = ?, reserved_cost = ?, minute = ?, hour = ?,
                day_start = ?, day_end = ?, day_used = ?, day_cost = ?, day_told = ?, month_start = ?, month_end = ?,
                month_used = ?, month_cost = ?, month_told = ?
            WHERE id = ?
            """,
            [
                row.used.tokens, row.used.cost, row.reserved.tokens, row.reserved.cost, row.windows.minute,
                row.windows.hour, day.start, day.end, day.used.tokens, day.used.cost, day.told, month.start, month.end,
                month.used.tokens, month.used.cost, month.told, row.id,
            ])
    }
}
