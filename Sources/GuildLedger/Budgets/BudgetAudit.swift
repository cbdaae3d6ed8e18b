import GRDB
import GuildDomain

/// Recomputes the books from their entries and holds every counter against it.
///
///     opening balances, then entries in order ──▶ balances · open reservations · hour's roll-up · ring and period of each account
///                                        └──▶ compared with accounts, reservations and usage_rollups ──▶ excess explained
///
/// The entries stream by once for each million accounts; what is kept of them is the open reservations, the accounts of
/// that million and, of the roll-ups, the hour that runs.
struct BudgetAudit {
    /// Accounts whose sums are in memory at once: 64 bytes each.
    static let accountsPerPass: Int64 = 1_000_000
    /// Calls with no end yet. More than this many were not begun by live workers.
    static let openLimit = 1_000_000

    let db: Database
    let clock: BudgetClock
    var result = BudgetVerification()
    /// Those with windows: the organisation, chapters, agents and swarms.
    private var rows: [Int64: AccountRow] = [:]
    /// When the organisation's time zone last changed.
    private var turnedAt = Timestamp(microseconds: 0)
    private var sums: [AccountSums] = []
    private var windows: [Int64: WindowSums] = [:]
    private var open: [ReservationID: Held] = [:]
    private var hour: HourSums?
    /// What all settlements come to, closed ones too: the figures of a roll-up's line.
    var total = HourSums.Line(Array(repeating: 0, count: HourSums.figures))
    /// Up to where the books are closed.
    let closed: BooksClosed?

    /// What one account has been reserved and spent.
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
    }

    init(db: Database, now: Timestamp) throws {
        self.db = db
        clock = try db.budgetClock(now)
        closed = try db.booksClosed()
    }

    mutating func run() throws -> BudgetVerification {
        let last = try db.first("SELECT max(id) FROM accounts") { $0.integer(0) ?? 0 } ?? 0
        result.accounts = try db.first("SELECT count(*) FROM accounts") { $0.integer(0) ?? 0 } ?? 0
        try loadWindows()
        var first: Int64 = 1
        repeat {
            let range = first...max(first, min(last, first.addingSaturated(Self.accountsPerPass - 1)))
            try pass(over: range)
            first = range.upperBound + 1
        } while first <= last
        try compareWindows()
        return result
    }

    // MARK: One pass

    private mutating func pass(over range: ClosedRange<Int64>) throws {
        let isFirst = range.lowerBound == 1
        sums = Array(repeating: AccountSums(), count: Int(clamping: range.upperBound - range.lowerBound + 1))
        open = [:]
        try openBooks(range)
        try db.each(Self.entriesSQL) { row in
            let entry = Entry(row)
            if isFirst { try check(entry) }
            try replay(entry, over: range, isFirst: isFirst)
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

    private static let entriesSQL = """
        SELECT e.id, e.at, e.kind, e.reservation, e.estimated, e.overrun, e.overrun_cost, e.available, e.held, e.input,
            e.cache_read, e.cache_write, e.output, e.reasoning, e.available_cost, e.held_cost, e.spent_cost,
            r.accounts, r.model, i.agent, i.chapter
        FROM entries e LEFT JOIN reservations r ON r.id = e.reservation LEFT JOIN invocations i ON i.id = r.invocation
        ORDER BY e.id
        """

    /// What is to be said of an entry by itself.
    private mutating func check(_ entry: Entry) throws {
        result.entries += 1
        result.postings += entry.postings
        if !entry.balance.isZero {
            find(.entry, "entry \(entry.id)", "its postings sum to \(entry.balance.tokens) tokens, not to zero")
        }
        if entry.hasNegative { find(.entry, "entry \(entry.id)", "something negative was spent") }
        if entry.isOrphan { find(.entry, "entry \(entry.id)", "its reservation is gone") }
        guard entry.kind == "settle" else { return }
        if entry.isEstimated { result.estimatedTokens += entry.usage.total }
        result.overrunTokens = result.overrunTokens.addingSaturated(entry.overrun.tokens)
        try rollUp(entry)
    }

    private mutating func replay(_ entry: Entry, over range: ClosedRange<Int64>, isFirst: Bool) throws {
        guard entry.kind != "reserve" else { return reserve(entry, over: range, isFirst: isFirst) }
        guard let held = open.removeValue(forKey: entry.reservation) else {
            if isFirst { find(.entry, "entry \(entry.id)", "it ends a reservation that is not open") }
            return
        }
        if isFirst, entry.held != Spending(tokens: -held.spending.tokens, cost: -held.spending.cost) {
            find(.entry, "entry \(entry.id)", "it ends \(-entry.held.tokens) tokens; \(held.spending.tokens) were held")
        }
        for account in held.accounts {
            if range.contains(account) {
                let index = Int(account - range.lowerBound)
                sums[index].reserved -= held.spending
                sums[index].used += entry.spent
                sums[index].overrun += entry.overrun
            }
            if isFirst, let row = rows[account] {
                windows[account, default: WindowSums(row, turnedAt: turnedAt)].add(entry, madeAt: held.at)
            }
        }
    }

    private mutating func reserve(_ entry: Entry, over range: ClosedRange<Int64>, isFirst: Bool) {
        if isFirst, open[entry.reservation] != nil {
            find(.entry, "entry \(entry.id)", "its reservation is open already")
        }
        guard open.count < Self.openLimit else {
            if isFirst { find(.entry, "entry \(entry.id)", "more than \(Self.openLimit) reservations are open") }
            return
        }
        open[entry.reservation] = Held(at: entry.at, spending: entry.held, accounts: entry.accounts)
        for account in entry.accounts where range.contains(account) {
            sums[Int(account - range.lowerBound)].reserved += entry.held
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
    private mutating func rollUp(_ entry: Entry) throws {
        let number = entry.at.seconds.floorDivided(by: 3600).quotient
        if let running = hour, running.number != number { try endHour() }
        var running = hour ?? HourSums(number: number)
        running.add(entry)
        total.add(entry)
        hour = running
    }

    private mutating func endHour() throws {
        guard let running = hour else { return }
        hour = nil
        // The calls of an hour are closed in their order: of those before the last there are none left.
        if let closed, running.number < closed.hour {
            find(.entry, "entries", "some are from \(HourSpan.start(of: running.number).rfc3339), which was closed")
        }
        guard running.number >= (try db.rollUpsDeletedBefore()), running.number > closed?.hour ?? .min else { return }
        var kept: [HourSums.Key: HourSums.Line] = [:]
        try db.each(
            """
            SELECT agent, chapter, model, calls, input, cache_read, cache_write, output, reasoning, cost, estimated
            FROM usage_rollups WHERE hour = ?
            """, [.integer(running.number)]
        ) { row in
            let key = HourSums.Key(agent: row.text(0) ?? "", chapter: row.text(1) ?? "", model: row.text(2) ?? "")
            kept[key] = HourSums.Line((3...10).map { row.integer($0) ?? 0 })
        }
        result.rolledUpHours += 1
        for key in Set(kept.keys).union(running.lines.keys).sorted(by: { "\($0)" < "\($1)" })
        where kept[key] != running.lines[key] {
            let time = Timestamp(seconds: running.number * 3600).rfc3339
            find(
                .counter, "usage of agent \(key.agent) with \(key.model) in hour \(time)",
                "the roll-up says \(kept[key]?.text ?? "nothing"), the entries \(running.lines[key]?.text ?? "nothing")"
            )
        }
    }

    /// Hours that have a roll-up and no entry.
    private mutating func findForeignRollUps() throws {
        let hours =
            try db.first(
                "SELECT count(DISTINCT hour) FROM usage_rollups WHERE hour >= ? AND hour > ?",
                [.integer(db.rollUpsDeletedBefore()), .integer(closed?.hour ?? .min)]
            ) { $0.integer(0) ?? 0 } ?? 0
        if hours > result.rolledUpHours {
            find(
                .counter, "usage_rollups", "\(hours - result.rolledUpHours) hours are in it in which nothing was spent")
        }
    }

    // MARK: Comparisons

    /// What is open was reserved under the limits of its time.
    private mutating func noteOpen() {
        for held in open.values {
            for account in held.accounts {
                guard let row = rows[account] else { continue }
                windows[account, default: WindowSums(row, turnedAt: turnedAt)].noteOpen(madeAt: held.at)
            }
        }
    }

    private mutating func compareOpen() throws {
        var (known, missing): (Int64, [ReservationID]) = (0, [])
        let open = open
        try db.each(
            """
            SELECT id, input, output, cost FROM reservations INDEXED BY reservations_open WHERE state IN ('held', 'sent')
            """
        ) { row in
            known += 1
            guard let id = row.blob(0).flatMap({ ReservationID(bytes: $0) }) else { return }
            let tokens = (row.integer(1) ?? 0).addingSaturated(row.integer(2) ?? 0)
            let held = Spending(tokens: tokens, cost: row.integer(3) ?? 0)
            if open[id]?.spending != held { missing.append(id) }
        }
        result.openReservations = known
        for id in missing {
            find(.entry, "reservation \(id)", "it is open, and the entries do not hold the same for it")
        }
        if Int64(open.count) > known - Int64(missing.count) {
            find(.entry, "reservations", "\(open.count) are open by the entries, \(known) by their state")
        }
    }

    /// Begins with what closed books carried forward.
    private mutating func openBooks(_ range: ClosedRange<Int64>) throws {
        var balances: [(account: Int64, used: Spending, overrun: Spending)] = []
        try db.each(
            "SELECT account, used, used_cost, overrun, overrun_cost FROM opening_balances WHERE account BETWEEN ? AND ?",
            [.integer(range.lowerBound), .integer(range.upperBound)]
        ) { row in
            func spending(_ column: Int32) -> Spending {
                Spending(tokens: row.integer(column) ?? 0, cost: row.integer(column + 1) ?? 0)
            }
            balances.append((row.integer(0) ?? range.lowerBound, spending(1), spending(3)))
        }
        for balance in balances {
            let index = Int(balance.account - range.lowerBound)
            (sums[index].used, sums[index].overrun) = (balance.used, balance.overrun)
        }
    }

    private mutating func compareAccounts(_ range: ClosedRange<Int64>) throws {
        var wrong: [(row: AccountRow, sums: AccountSums)] = []
        var above: [(row: AccountRow, sums: AccountSums)] = []
        try db.each(
            "SELECT \(AccountRow.columns) FROM accounts WHERE id BETWEEN ? AND ?",
            [.integer(range.lowerBound), .integer(range.upperBound)]
        ) { row in
            let row = try AccountRow(row)
            let sums = sums[Int(row.id - range.lowerBound)]
            if row.used != sums.used || row.reserved != sums.reserved { wrong.append((row, sums)) }
            // Those with windows are looked at when all is known of them.
            if row.limitsDigest != nil, rows[row.id] == nil, !(row.used.isZero && row.reserved.isZero) {
                above.append((row, sums))
            }
            if above.count >= 1024 { try explain(&above) }
            if wrong.count > BudgetVerification.findingLimit { return }
        }
        for (row, sums) in wrong {
            let problem = """
                it says \(Self.text(row.used)) used and \(Self.text(row.reserved)) reserved, \
                the entries \(Self.text(sums.used)) and \(Self.text(sums.reserved))
                """
            find(.counter, row.name, problem)
        }
        try explain(&above)
        for id in rows.keys where range.contains(id) {
            guard let row = rows[id] else { continue }
            windows[id, default: WindowSums(row, turnedAt: turnedAt)].life = sums[Int(id - range.lowerBound)].overrun
        }
    }

    private mutating func explain(_ above: inout [(row: AccountRow, sums: AccountSums)]) throws {
        for (row, sums) in above {
            var own = WindowSums(row, turnedAt: turnedAt)
            own.life = sums.overrun
            try explainExcess(of: row, own)
        }
        above = []
    }

    private mutating func loadWindows() throws {
        let loaded = try db.accountRows(
            """
            SELECT \(AccountRow.columns) FROM accounts
            WHERE name NOT GLOB 'invocation/*' AND name NOT GLOB 'root/*'
            """)
        rows = Dictionary(loaded.map { ($0.id, $0) }) { first, _ in first }
        let turned = try db.first(
            """
            SELECT max(r.at) FROM budget_rules r JOIN budget_rules p
            ON p.id = (SELECT max(id) FROM budget_rules WHERE id < r.id) AND p.zone <> r.zone
            """
        ) { Timestamp(microseconds: $0.integer(0) ?? 0) }
        turnedAt = turned ?? turnedAt
    }

    private mutating func compareWindows() throws {
        for (id, row) in rows.sorted(by: { $0.value.name < $1.value.name }) {
            let sums = windows[id] ?? WindowSums(row, turnedAt: turnedAt)
            // Until a commit says by which time zone days turn, as after a migration, there is nothing in the windows.
            for (name, kept, entries) in clock.isUnset ? [] : sums.differences(from: row, at: clock.now) {
                find(.counter, row.name, "its \(name) says \(Self.text(kept)), the entries \(Self.text(entries))")
            }
            try explainExcess(of: row, sums)
        }
    }

    static func text(_ spending: Spending) -> String { "\(spending.tokens) tokens (\(spending.cost) micro-dollars)" }
}
