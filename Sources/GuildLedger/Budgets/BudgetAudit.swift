import GuildDomain

/// Recomputes the accounts from their entries and compares every counter with the result.
///
///     opening balances, then entries in order ──▶ balances · open reservations · hour's roll-up · ring and period of each account
///                                        └──▶ compared with accounts, reservations and usage_rollups ──▶ excess explained
///
/// The entries are read once for each million accounts. Memory holds the open reservations, the accounts of that million
/// and the current hour of the roll-ups. The facts of a call are read with the entry that reserves, and are known when
/// the entry that ends it is read.
struct BudgetAudit {
    /// Accounts whose sums are in memory at once: 48 bytes each.
    static let accountsPerPass: Int64 = 1_000_000
    /// Calls with no end yet. More than this many were not begun by live workers.
    static let openLimit = 1_000_000
    /// Invocations, and texts of limits, that are remembered: those of entries near each other are the same.
    private static let memoryLimit = 4096

    let db: LedgerTransaction
    let clock: BudgetClock
    var result = BudgetVerification()
    /// Those with windows: the organisation, chapters, agents and swarms.
    private var rows: [Int64: AccountRow] = [:]
    /// When the organisation's time zone last changed.
    private var turnedAt = Timestamp(microseconds: 0)
    private var sums: [AccountSums] = []
    private var windows: [Int64: WindowSums] = [:]
    private var open: [RowID: Held] = [:]
    /// Agent and chapter of the invocations lately met.
    private var callers: [RowID: (agent: String, chapter: String)] = [:]
    private var limits: [String: [AccountLimit]] = [:]
    private var hour: HourSums?
    /// The sum of all settlements, including closed ones.
    var total = HourSums.Line()
    /// How far the accounts are closed.
    let closed: BooksClosed?

    /// The sums of one account's reservations and spending.
    private struct AccountSums {
        var used = Spending()
        var reserved = Spending()
        var overrun = Spending()
    }

    /// A reservation whose end has not come by.
    private struct Held {
        let at: Timestamp
        let spending: Spending
        let accounts: [Int64]
        /// The key of its roll-up; nil if the roll-ups were compared already.
        let key: HourSums.Key?
    }

    init(db: LedgerTransaction, now: Timestamp) throws {
        self.db = db
        clock = try db.accounts.budgetClock(now)
        closed = try db.closing.booksClosed()
    }

    mutating func run() throws -> BudgetVerification {
        result.accounts = try db.value("SELECT count(*) FROM accounts") ?? 0
        try loadWindows()
        var next: Int64? = try firstAccount(from: 1) ?? 1
        var isFirst = true
        while let first = next {
            let last: Int64 = try db.value("SELECT max(id) FROM accounts") ?? 0
            let range = first...max(first, min(last, first.addingSaturated(Self.accountsPerPass - 1)))
            try pass(over: range, isFirst: isFirst)
            next = range.upperBound < last ? try firstAccount(from: range.upperBound + 1) : nil
            isFirst = false
        }
        try compareWindows()
        return result
    }

    private func firstAccount(from id: Int64) throws -> Int64? {
        try db.value("SELECT min(id) FROM accounts WHERE id >= ?", [id])
    }

    // MARK: One pass

    private mutating func pass(over range: ClosedRange<Int64>, isFirst: Bool) throws {
        sums = Array(repeating: AccountSums(), count: Int(clamping: range.upperBound - range.lowerBound + 1))
        open = [:]
        try openBooks(range)
        try db.each(Self.entriesSQL) { row in
            let entry = try Entry(row)
            if isFirst { check(entry) }
            if entry.kind == .reserve {
                try reserve(entry, row, over: range, isFirst: isFirst)
            } else {
                try end(entry, over: range, isFirst: isFirst)
            }
        }
        if isFirst {
            try endHour()
            noteOpen()
            try compareOpen()
            try findForeignRollUps()
            try checkClosing()
        }
        try compareAccounts(range)
    }

    /// Only the entry that reserves is looked up with its reservation: nothing is equal to NULL.
    private static let entriesSQL = """
        SELECT \(Entry.columns), r.accounts, r.model, r.invocation
        FROM entries e LEFT JOIN reservations r ON r.id = CASE WHEN e.kind = 'reserve' THEN e.reservation END
        ORDER BY e.id
        """

    /// Checks an entry by itself.
    private mutating func check(_ entry: Entry) {
        result.entries += 1
        result.postings += entry.postings
        if !entry.balance.isZero {
            find(.entry, "entry \(entry.id)", "its postings sum to \(entry.balance.tokens) tokens, not to zero")
        }
        if entry.hasNegative { find(.entry, "entry \(entry.id)", "something negative was spent") }
        guard entry.kind == .settle else { return }
        if entry.isEstimated { result.estimatedTokens = result.estimatedTokens.addingSaturated(entry.spent.tokens) }
        result.overrunTokens = result.overrunTokens.addingSaturated(entry.overrun.tokens)
    }

    private mutating func reserve(
        _ entry: Entry, _ row: LedgerRow, over range: ClosedRange<Int64>, isFirst: Bool
    ) throws {
        if isFirst, open[entry.reservation] != nil {
            find(.entry, "entry \(entry.id)", "its reservation is open already")
        }
        guard open.count < Self.openLimit else {
            if isFirst { find(.entry, "entry \(entry.id)", "more than \(Self.openLimit) reservations are open") }
            return
        }
        let about = Entry.columnCount
        if isFirst, row.source.kind(about) == .null {
            find(.entry, "entry \(entry.id)", "its reservation is missing")
        }
        let accounts = row.source.bytes(about) { Entry.accounts($0) }
        open[entry.reservation] = Held(
            at: entry.at, spending: entry.held, accounts: accounts,
            key: isFirst ? try key(model: row[about + 1], invocation: row[about + 2]) : nil)
        for account in accounts where range.contains(account) {
            sums[Int(account - range.lowerBound)].reserved += entry.held
        }
    }

    private mutating func end(_ entry: Entry, over range: ClosedRange<Int64>, isFirst: Bool) throws {
        let found = open.removeValue(forKey: entry.reservation)
        if isFirst, entry.kind == .settle { try rollUp(entry, under: found?.key ?? key(of: entry.reservation)) }
        guard let held = found else {
            if isFirst { find(.entry, "entry \(entry.id)", "it ends a reservation that is not open") }
            return
        }
        let ended = Spending(tokens: 0 &- entry.held.tokens, cost: 0 &- entry.held.cost)
        if isFirst, ended != held.spending {
            find(.entry, "entry \(entry.id)", "it ends \(ended.tokens) tokens; \(held.spending.tokens) were held")
        }
        for account in held.accounts {
            if range.contains(account) {
                let index = Int(account - range.lowerBound)
                sums[index].reserved -= held.spending
                sums[index].used += entry.spent
                sums[index].overrun += entry.overrun
            }
            if isFirst { windows[account]?.add(entry, madeAt: held.at) }
        }
    }

    mutating func find(_ kind: BudgetVerification.Finding.Kind, _ place: String, _ problem: String) {
        guard result.findings.count < BudgetVerification.findingLimit else {
            result.moreFindings += 1
            return
        }
        result.findings.append(BudgetVerification.Finding(kind: kind, place: place, problem: problem))
    }

    // MARK: Roll-ups

    /// The entries come in the order of their time, so that one hour is in memory.
    private mutating func rollUp(_ entry: Entry, under key: HourSums.Key) throws {
        let number = entry.at.seconds.floorDivided(by: 3600).quotient
        if let running = hour?.number, running != number { try endHour() }
        if hour == nil { hour = HourSums(number: number) }
        hour?.add(entry, under: key)
        total.add(entry)
    }

    /// - Parameters: of a reservation; nil if it is gone.
    private mutating func key(model: String?, invocation: RowID?) throws -> HourSums.Key {
        guard let model, let invocation else { return HourSums.Key(agent: "", chapter: "", model: "") }
        let caller: (agent: String, chapter: String)
        if let known = callers[invocation] {
            caller = known
        } else {
            caller =
                try db.first("SELECT agent, chapter FROM invocations WHERE id = ?", [invocation]) { row in
                    (try row[0], try row[1] as String? ?? "")
                } ?? ("", "")
            if callers.count >= Self.memoryLimit { callers.removeAll(keepingCapacity: true) }
            callers[invocation] = caller
        }
        return HourSums.Key(agent: caller.agent, chapter: caller.chapter, model: model)
    }

    /// That of a reservation that is not open.
    private mutating func key(of reservation: RowID) throws -> HourSums.Key {
        let found = try db.first("SELECT model, invocation FROM reservations WHERE id = ?", [reservation]) { row in
            (model: try row[0] as String, invocation: try row[1] as RowID)
        }
        return try key(model: found?.model, invocation: found?.invocation)
    }

    private mutating func endHour() throws {
        guard let running = hour else { return }
        hour = nil
        // The calls of an hour are closed in their order: of those before the last there are none left.
        if let closed, running.number < closed.hour {
            find(.entry, "entries", "some are from \(HourSpan.start(of: running.number).rfc3339), which was closed")
        }
        guard running.number >= (try db.retention.rollUpsDeletedBefore()), running.number > closed?.hour ?? .min else {
            return
        }
        var kept: [HourSums.Key: HourSums.Line] = [:]
        try db.each(
            """
            SELECT agent, chapter, model, calls, input, cache_read, cache_write, output, reasoning, cost, estimated
            FROM usage_rollups WHERE hour = ?
            """, [running.number]
        ) { row in
            let key = try HourSums.Key(agent: row[0], chapter: row[1], model: row[2])
            let usage = try TokenUsage(
                input: row[4], cacheRead: row[5], cacheWrite: row[6], output: row[7], reasoning: row[8])
            kept[key] = try HourSums.Line(calls: row[3], usage: usage, cost: row[9], estimated: row[10])
        }
        result.rolledUpHours += 1
        guard kept != running.lines else { return }
        let wrong = Set(kept.keys).union(running.lines.keys).filter { kept[$0] != running.lines[$0] }
        for key in wrong.sorted(by: { ($0.agent, $0.chapter, $0.model) < ($1.agent, $1.chapter, $1.model) }) {
            let time = Timestamp(seconds: running.number * 3600).rfc3339
            find(
                .counter, "usage of agent \(key.agent) with \(key.model) in hour \(time)",
                "the roll-up says \(kept[key]?.text ?? "nothing"), the entries \(running.lines[key]?.text ?? "nothing")"
            )
        }
    }

    /// Hours that have a roll-up and no entry.
    private mutating func findForeignRollUps() throws {
        let hours: Int64 =
            try db.value(
                "SELECT count(DISTINCT hour) FROM usage_rollups WHERE hour >= ? AND hour > ?",
                [db.retention.rollUpsDeletedBefore(), closed?.hour ?? Int64.min]) ?? 0
        if hours > result.rolledUpHours {
            find(
                .counter, "usage_rollups", "\(hours - result.rolledUpHours) hours without any spending are in it")
        }
    }

    // MARK: Comparisons

    /// Open reservations were made under the limits of their time.
    private mutating func noteOpen() {
        for held in open.values {
            for account in held.accounts {
                windows[account]?.noteOpen(madeAt: held.at)
            }
        }
    }

    private mutating func compareOpen() throws {
        var known: Int64 = 0
        var missing: [ReservationID] = []
        try db.each(
            """
            SELECT id, input, output, cost FROM reservations INDEXED BY reservations_open WHERE state IN ('held', 'sent')
            """
        ) { row in
            known += 1
            let (input, output) = try (row[1] as Int64, row[2] as Int64)
            let held = Spending(tokens: input.addingSaturated(output), cost: try row[3])
            if try open[row[0]]?.spending != held { missing.append(try row[0]) }
        }
        result.openReservations = known
        for id in missing {
            find(.entry, "reservation \(id)", "it is open, but the entries hold a different amount")
        }
        if Int64(open.count) > known - Int64(missing.count) {
            find(.entry, "reservations", "\(open.count) are open by the entries, \(known) by their state")
        }
    }

    /// Begins with the balances that closed accounts carried forward.
    private mutating func openBooks(_ range: ClosedRange<Int64>) throws {
        try db.each(
            "SELECT account, used, used_cost, overrun, overrun_cost FROM opening_balances WHERE account BETWEEN ? AND ?",
            [range.lowerBound, range.upperBound]
        ) { row in
            let index = try Int(row[0] - range.lowerBound)
            sums[index].used = try Spending(tokens: row[1], cost: row[2])
            sums[index].overrun = try Spending(tokens: row[3], cost: row[4])
        }
    }

    private mutating func compareAccounts(_ range: ClosedRange<Int64>) throws {
        var wrong: [(row: AccountRow, sums: AccountSums)] = []
        var unlisted: Int64 = 0
        try db.each(
            "SELECT \(AccountRow.columns), limits FROM accounts WHERE id BETWEEN ? AND ?",
            [range.lowerBound, range.upperBound]
        ) { columns in
            let row = try AccountRow(columns)
            let sums = sums[Int(row.id - range.lowerBound)]
            if row.used != sums.used || row.reserved != sums.reserved {
                // The findings beyond the limit are counted only.
                if wrong.count < BudgetVerification.findingLimit { wrong.append((row, sums)) } else { unlisted += 1 }
            }
            // Those with windows are looked at when all is known of them.
            if row.limitsDigest != nil, rows[row.id] == nil, !(row.used.isZero && row.reserved.isZero) {
                var own = WindowSums(row, turnedAt: turnedAt, now: clock.now)
                own.life = sums.overrun
                try explainExcess(of: row, own, under: limits(columns[AccountRow.columnCount], of: row.name))
            }
        }
        for (row, sums) in wrong {
            let problem = """
                it says \(Self.text(row.used)) used and \(Self.text(row.reserved)) reserved, \
                the entries \(Self.text(sums.used)) and \(Self.text(sums.reserved))
                """
            find(.counter, row.name, problem)
        }
        result.moreFindings += unlisted
        for id in rows.keys where range.contains(id) { windows[id]?.life = sums[Int(id - range.lowerBound)].overrun }
    }

    /// The codex's limits that a row holds as text; most accounts of an agent have the same.
    private mutating func limits(_ text: String?, of account: String) throws -> [AccountLimit] {
        guard let text else { return try LimitsText.limits(nil, of: account) }
        if let known = limits[text] {
            return known.map { limit in
                var limit = limit
                limit.account = account
                return limit
            }
        }
        if limits.count >= Self.memoryLimit { limits.removeAll(keepingCapacity: true) }
        let found = try LimitsText.limits(text, of: account)
        limits[text] = found
        return found
    }

    private mutating func loadWindows() throws {
        rows = Dictionary(try db.accounts.withWindows().map { ($0.id, $0) }) { first, _ in first }
        let turned = try db.value(
            """
            SELECT max(r.at) FROM budget_rules r JOIN budget_rules p
            ON p.id = (SELECT max(id) FROM budget_rules WHERE id < r.id) AND p.zone <> r.zone
            """, as: Timestamp.self)
        turnedAt = turned ?? turnedAt
        windows = rows.mapValues { WindowSums($0, turnedAt: turnedAt, now: clock.now) }
    }

    private mutating func compareWindows() throws {
        for (id, row) in rows.sorted(by: { $0.value.name < $1.value.name }) {
            guard let sums = windows[id] else { continue }
            // Until a commit sets the time zone of days, as after a migration, the windows are empty.
            for (name, kept, entries) in clock.isUnset ? [] : sums.differences(from: row, at: clock.now) {
                find(.counter, row.name, "its \(name) says \(Self.text(kept)), the entries \(Self.text(entries))")
            }
            try explainExcess(of: row, sums, under: db.accounts.codexLimits(of: row))
        }
    }

    static func text(_ spending: Spending) -> String { "\(spending.tokens) tokens (\(spending.cost) micro-dollars)" }
}
