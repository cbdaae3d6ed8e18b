import Crypto
import GuildDomain

/// Closes old entries as accountants do: the sum of a period is carried forward as one opening balance for each account,
/// and the entries are deleted, in one transaction.
///
///     entries, oldest first ──▶ reserve and its settle or release together ──▶ opening balance of each account
///                           └──▶ until, and a digest of the balances in an audit entry ──▶ entries and reservations deleted
///
/// Nothing that a window or a calendar period still counts is closed (`RetentionPlan.booksKept`), so that `budget verify`
/// recomputes windows from entries, and totals from opening balances and entries.
struct ClosingStatements {
    let db: LedgerTransaction

    /// Entries that one transaction examines; those of calls in progress stay in front.
    private static let entriesPerBatch = 2000
    /// Calls that one transaction closes.
    private static let callsPerBatch = 500
    /// Entries that one read counts.
    private static let entriesPerLook = 50_000

    /// - Returns: how many calls were closed; 0 if nothing is old enough.
    func closeBooks(before cutoff: Timestamp, actor: String, policy: String, now: Timestamp) throws -> Int {
        let page = try closable(before: cutoff)
        guard let until = page.until else { return 0 }
        let clock = try db.accounts.budgetClock(now)
        try db.run(
            """
            INSERT INTO books_closed (one, until, entries, calls, estimated, audit) VALUES (1, ?, ?, ?, ?, 0)
            ON CONFLICT (one) DO UPDATE SET
                until = CASE WHEN books_closed.until > excluded.until THEN books_closed.until ELSE excluded.until END,
                entries = books_closed.entries + excluded.entries, calls = books_closed.calls + excluded.calls,
                estimated = books_closed.estimated + excluded.estimated
            """, [until, page.entries.count, page.calls, page.estimated])
        for (account, balance) in page.balances.sorted(by: { $0.key < $1.key }) {
            try carryForward(balance, to: account)
            // A period that ended while nobody used the account would be looked for among the entries that go.
            guard var row = try db.accounts.find(account), row.hasWindows else { continue }
            row.windows.advance(to: clock.now) { clock.calendar }
            try db.accounts.save(row)
        }
        for entry in page.entries { try db.run("DELETE FROM entries WHERE id = ?", [entry]) }
        for reservation in page.reservations { try db.run("DELETE FROM reservations WHERE id = ?", [reservation]) }
        try auditClosing(page, until: until, actor: actor, policy: policy, now: now)
        return page.reservations.count
    }

    private func auditClosing(
        _ page: ClosablePage, until: Timestamp, actor: String, policy: String, now: Timestamp
    ) throws {
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: .budgetClosed, subject: OpeningBalance.subject(try openingDigest()),
                body: [
                    "until": .string(until.rfc3339), "calls": .integer(page.reservations.count),
                    "entries": .integer(page.entries.count),
                    "tokens": .integer(page.balances.values.reduce(Int64(0)) { $0.addingSaturated($1.usage.total) }),
                    "policy": .string("\(policy): raw_messages"),
                ]))
        try db.run("UPDATE books_closed SET audit = ?", [try db.audit.head()])
    }

    /// The oldest calls that ended before `cutoff`. The newest entry of all stays, for ids and budget time continue
    /// from it.
    private func closable(before cutoff: Timestamp) throws -> ClosablePage {
        var page = ClosablePage()
        let oldest = try db.value("SELECT at FROM entries ORDER BY id LIMIT 1", as: Timestamp.self)
        guard let oldest, oldest < cutoff else { return page }
        var begun: [ReservationID: Int64] = [:]
        try db.rows(
            """
            SELECT \(BudgetAudit.Entry.columns), e.account, r.accounts
            FROM entries e LEFT JOIN reservations r ON r.id = e.reservation
            WHERE e.id < (SELECT max(id) FROM entries) ORDER BY e.id LIMIT \(Self.entriesPerBatch)
            """
        ) { row in
            let entry = try BudgetAudit.Entry(row)
            let about = BudgetAudit.Entry.columnCount
            // An entry without a reservation or a beginning was not written by us: it stays, and `budget verify`
            // reports it.
            guard entry.at < cutoff, page.reservations.count < Self.callsPerBatch,
                row.source.kind(about + 1) != .null
            else { return false }
            let reservation: ReservationID = try row[3]
            if entry.kind == .reserve {
                begun[reservation] = entry.id
                return true
            }
            guard let beginning = begun.removeValue(forKey: reservation) else { return false }
            page.entries += [beginning, entry.id]
            page.reservations.append(reservation)
            page.until = entry.at
            page.add(
                entry, account: try row[about], to: row.source.bytes(about + 1) { BudgetAudit.Entry.accounts($0) })
            return true
        }
        return page
    }

    /// Calls among the next entries that `closeBooks` would close.
    ///
    /// - Returns: how many, and the entry to continue after; nil if there are no more.
    func closableCalls(before cutoff: Timestamp, after entry: Int64) throws -> (calls: Int, next: Int64?) {
        var calls = 0
        var seen = 0
        var next: Int64?
        try db.each(
            """
            SELECT id, at, kind FROM entries WHERE id > ? AND id < (SELECT max(id) FROM entries)
            ORDER BY id LIMIT \(Self.entriesPerLook)
            """, [entry]
        ) { row in
            seen += 1
            let at: Timestamp = try row[1]
            let kind: BudgetAudit.Entry.Kind = try row[2]
            next = at < cutoff ? try row[0] : nil
            if next != nil, kind != .reserve { calls += 1 }
        }
        return (calls, seen < Self.entriesPerLook ? nil : next)
    }

    private func carryForward(_ balance: OpeningBalance, to account: Int64) throws {
        let usage = balance.usage
        try db.run(
            """
            INSERT INTO opening_balances (account, \(OpeningBalance.columns.joined(separator: ", ")))
            VALUES (\(LedgerTransaction.places(1 + OpeningBalance.columns.count)))
            ON CONFLICT (account) DO UPDATE SET
                \(OpeningBalance.columns.map { "\($0) = opening_balances.\($0) + excluded.\($0)" }
                    .joined(separator: ", "))
            """,
            [
                account, balance.used.tokens, balance.used.cost, balance.overrun.tokens, balance.overrun.cost,
                -usage.total, usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning,
                -balance.spentCost, balance.spentCost,
            ])
    }

    /// SHA-256 over what `books_closed` says and the opening balances of the accounts that stay: the organisation,
    /// chapters, agents and swarms. Those of an invocation and a root go with them.
    func openingDigest() throws -> String {
        var hash = SHA256()
        try db.each("SELECT until, entries, calls, estimated FROM books_closed") { row in
            let figures = try (0...3).map { String(try row[$0] as Int64) }
            hash.update(data: Array((figures.joined(separator: "\u{1F}") + "\n").utf8))
        }
        try db.each(
            """
            SELECT a.name, \(OpeningBalance.columns.map { "o.\($0)" }.joined(separator: ", "))
            FROM opening_balances o JOIN accounts a ON a.id = o.account
            WHERE \(AccountStatements.hasWindows("a.name")) ORDER BY a.name
            """
        ) { row in
            let figures = try OpeningBalance.columns.indices.map { String(try row[Int32($0 + 1)] as Int64) }
            let line = [try row[0]] + figures
            hash.update(data: Array((line.joined(separator: "\u{1F}") + "\n").utf8))
        }
        return ContentDigest.hex(bytes: hash.finalize())
    }

    /// How far the accounts are closed; nil if they never were.
    func booksClosed() throws -> BooksClosed? {
        try db.first("SELECT until, entries, calls, estimated, audit FROM books_closed") { row in
            try BooksClosed(until: row[0], entries: row[1], calls: row[2], estimated: row[3], audit: row[4])
        }
    }
}

/// Calls that one transaction closes.
private struct ClosablePage {
    var until: Timestamp?
    var entries: [Int64] = []
    var reservations: [ReservationID] = []
    var balances: [Int64: OpeningBalance] = [:]
    var calls: Int64 = 0
    var estimated: Int64 = 0

    /// Adds what a settlement or a release posted.
    ///
    /// - Parameters:
    ///   - own: the account that its postings stand at.
    ///   - accounts: those that it counts against.
    mutating func add(_ entry: BudgetAudit.Entry, account own: Int64, to accounts: [Int64]) {
        let spent = Spending(tokens: entry.usage.total, cost: entry.spent.cost)
        for account in accounts {
            balances[account, default: OpeningBalance()].used += spent
            balances[account, default: OpeningBalance()].overrun += entry.overrun
        }
        balances[own, default: OpeningBalance()].usage += entry.usage
        balances[own, default: OpeningBalance()].spentCost += spent.cost
        if entry.kind == .settle { calls += 1 }
        if entry.isEstimated { estimated += entry.usage.total }
    }
}
