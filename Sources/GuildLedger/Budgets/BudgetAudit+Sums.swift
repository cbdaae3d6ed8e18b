import GRDB
import GuildDomain

extension BudgetAudit {
    /// One entry of the books with what it is about.
    struct Entry {
        let id: Int64
        let at: Timestamp
        let kind: String
        let reservation: ReservationID
        let isEstimated: Bool
        let overrun: Spending
        let available: Spending
        let held: Spending
        let usage: TokenUsage
        let cost: Int64
        /// Only of a reservation: what is ended is known by then.
        let accounts: [Int64]
        let model: String
        let agent: String
        let chapter: String
        /// Its reservation is not there.
        let isOrphan: Bool

        init(_ row: DirectRow) {
            func integer(_ column: Int32) -> Int64 { row.integer(column) ?? 0 }
            id = integer(0)
            at = Timestamp(microseconds: integer(1))
            kind = row.text(2) ?? ""
            reservation = row.blob(3).flatMap { ReservationID(bytes: $0) } ?? ReservationID(high: 0, low: 0)
            isEstimated = integer(4) == 1
            overrun = Spending(tokens: integer(5), cost: integer(6))
            available = Spending(tokens: integer(7), cost: integer(14))
            held = Spending(tokens: integer(8), cost: integer(15))
            usage = TokenUsage(
                input: integer(9), cacheRead: integer(10), cacheWrite: integer(11), output: integer(12),
                reasoning: integer(13))
            cost = integer(16)
            accounts = kind == "reserve" ? Self.accounts(row.text(17) ?? "") : []
            model = row.text(18) ?? ""
            agent = row.text(19) ?? ""
            chapter = row.text(20) ?? ""
            isOrphan = row.text(17) == nil
        }

        var spent: Spending { Spending(tokens: usage.total, cost: cost) }

        /// What all its postings sum to.
        var balance: Spending {
            Spending(
                tokens: available.tokens.addingSaturated(held.tokens).addingSaturated(usage.total),
                cost: available.cost.addingSaturated(held.cost).addingSaturated(cost))
        }

        var hasNegative: Bool {
            [usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning, cost].contains { $0 < 0 }
                || (kind == "reserve" ? held.tokens < 0 || held.cost < 0 : held.tokens > 0 || held.cost > 0)
        }

        /// As the view `postings` shows them.
        var postings: Int64 {
            2
                + Int64(
                    [usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning, cost].count {
                        $0 != 0
                    }
                )
        }

        /// `[1,22,3]`.
        static func accounts(_ text: String) -> [Int64] {
            var (accounts, number): ([Int64], Int64?) = ([], nil)
            for byte in text.utf8 {
                if (0x30...0x39).contains(byte) {
                    let (product, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
                    number = overflow ? .max : product.addingSaturated(Int64(byte - 0x30))
                } else if let whole = number {
                    accounts.append(whole)
                    number = nil
                }
            }
            return accounts
        }
    }

    /// What the entries of one hour roll up to.
    struct HourSums {
        struct Key: Hashable {
            let agent: String
            let chapter: String
            let model: String
        }

        struct Line: Hashable {
            /// calls, input, cache read, cache write, output, reasoning, cost, estimated.
            var figures: [Int64]

            init(_ figures: [Int64]) { self.figures = figures }

            mutating func add(_ entry: Entry) {
                let usage = entry.usage
                add([
                    1, usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning, entry.cost,
                    entry.isEstimated ? usage.total : 0,
                ])
            }

            mutating func add(_ more: [Int64]) {
                for index in figures.indices { figures[index] = figures[index].addingSaturated(more[index]) }
            }

            var text: String {
                zip(
                    ["calls", "in", "cache read", "cache write", "out", "reasoning", "micro-dollars", "estimated"],
                    figures
                )
                .filter { $0.1 != 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
            }
        }

        /// Of a line.
        static let figures = 8

        let number: Int64
        var lines: [Key: Line] = [:]

        init(number: Int64) { self.number = number }

        mutating func add(_ entry: Entry) {
            let key = Key(agent: entry.agent, chapter: entry.chapter, model: entry.model)
            lines[key, default: Line(Array(repeating: 0, count: Self.figures))].add(entry)
        }
    }

    /// What the entries add up to in the windows and periods of one account.
    struct WindowSums {
        /// A calendar period as it is kept, from the entry that it counts first.
        private struct Period {
            let since: Timestamp
            var used = Spending()
            var overrun = Spending()
            var estimated = Spending()
            /// When the first of the reservations that count in it was made.
            var oldest = Timestamp(microseconds: .max)

            /// Where the zone changed in it, what came before was taken from whole hours.
            init(_ kept: SpendingWindows.Calendar, turnedAt: Timestamp) {
                let hour = kept.start.seconds.floorDivided(by: 3600).quotient * 3600
                since = turnedAt >= kept.start && turnedAt.microseconds > 0 ? Timestamp(seconds: hour) : kept.start
            }

            mutating func add(_ entry: Entry, madeAt: Timestamp) {
                guard entry.at >= since else { return }
                used += entry.spent
                overrun += entry.overrun
                if entry.isEstimated { estimated += entry.spent }
                oldest = min(oldest, madeAt)
            }
        }

        /// All overruns of the account.
        var life = Spending()
        private var minute = BucketRing()
        private var hour = BucketRing()
        private var overruns = SpendingWindows()
        private var day: Period
        private var month: Period
        private var oldestOpen = Timestamp(microseconds: .max)

        init(_ row: AccountRow, turnedAt: Timestamp) {
            day = Period(row.windows.day, turnedAt: turnedAt)
            month = Period(row.windows.month, turnedAt: turnedAt)
        }

        mutating func add(_ entry: Entry, madeAt: Timestamp) {
            if !entry.spent.isZero {
                minute.add(entry.spent, in: SpendingWindows.bucket(of: entry.at, SpendingWindows.minuteBucket))
                hour.add(entry.spent, in: SpendingWindows.bucket(of: entry.at, SpendingWindows.hourBucket))
            }
            overruns.add(entry.overrun, at: entry.at)
            day.add(entry, madeAt: madeAt)
            month.add(entry, madeAt: madeAt)
        }

        mutating func noteOpen(madeAt: Timestamp) { oldestOpen = min(oldestOpen, madeAt) }

        /// Each window or period of the account that is not what the entries add up to.
        func differences(from row: AccountRow, at now: Timestamp) -> [(String, kept: Spending, entries: Spending)] {
            var differences: [(String, Spending, Spending)] = []
            let (kept, minuteNow) = (row.windows, SpendingWindows.bucket(of: now, SpendingWindows.minuteBucket))
            let hourNow = SpendingWindows.bucket(of: now, SpendingWindows.hourBucket)
            if Self.running(kept.minute, minuteNow) != Self.running(minute, minuteNow) {
                differences.append(("minute", kept.minute.sum(at: minuteNow), minute.sum(at: minuteNow)))
            }
            if Self.running(kept.hour, hourNow) != Self.running(hour, hourNow) {
                differences.append(("hour", kept.hour.sum(at: hourNow), hour.sum(at: hourNow)))
            }
            if kept.day.used != day.used { differences.append(("day", kept.day.used, day.used)) }
            if kept.month.used != month.used { differences.append(("month", kept.month.used, month.used)) }
            return differences
        }

        private static func running(_ ring: BucketRing, _ now: Int64) -> [BucketRing.Bucket] {
            ring.buckets.filter { $0.number >= now.addingSaturated(-BucketRing.length) }
        }

        func overrun(in period: BudgetPeriod, at now: Timestamp) -> Spending {
            switch period {
            case .perInvocation: life
            case .minute, .hour: overruns.used(in: period, at: now) ?? Spending()
            case .day: day.overrun
            case .month: month.overrun
            }
        }

        func estimated(in period: BudgetPeriod) -> Spending { period == .month ? month.estimated : day.estimated }

        /// When the first reservation was made that still counts: limits lowered after that explain an excess.
        func oldest(in period: BudgetPeriod) -> Timestamp {
            switch period {
            case .perInvocation: Timestamp(microseconds: 0)
            case .month: min(oldestOpen, month.oldest)
            case .minute, .hour, .day: min(oldestOpen, day.oldest)
            }
        }
    }
}
