import GuildDomain

extension BudgetAudit {
    /// The sums of one hour's entries.
    struct HourSums {
        struct Key: Hashable {
            let agent: String
            let chapter: String
            let model: String
        }

        struct Line: Hashable {
            var calls: Int64 = 0
            var usage = TokenUsage.zero
            /// Micro-dollars.
            var cost: Int64 = 0
            var estimated: Int64 = 0

            mutating func add(_ entry: Entry) {
                calls += 1
                usage += entry.usage
                cost = cost.addingSaturated(entry.spent.cost)
                if entry.isEstimated { estimated = estimated.addingSaturated(entry.spent.tokens) }
            }

            var text: String {
                let figures = [
                    (calls, "calls"), (usage.input, "in"), (usage.cacheRead, "cache read"),
                    (usage.cacheWrite, "cache write"), (usage.output, "out"), (usage.reasoning, "reasoning"),
                    (cost, "micro-dollars"), (estimated, "estimated"),
                ]
                return figures.filter { $0.0 != 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
            }
        }

        let number: Int64
        var lines: [Key: Line] = [:]

        init(number: Int64) { self.number = number }

        mutating func add(_ entry: Entry, under key: Key) {
            lines[key, default: Line()].add(entry)
        }
    }

    /// The sums of the entries in the windows and periods of one account.
    struct WindowSums {
        /// A calendar period as it is kept, from the entry that it counts first.
        private struct Period {
            let since: Timestamp
            var used = Spending()
            var overrun = Spending()
            var estimated = Spending()
            /// When the first of the reservations that count in it was made.
            var oldest = Timestamp(microseconds: .max)

            /// If the zone changed within it, the earlier part was taken from whole hours.
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

        /// Before this nothing is in a window any more.
        private let horizon: Timestamp

        init(_ row: AccountRow, turnedAt: Timestamp, now: Timestamp) {
            let microseconds = SpendingWindows.hourBucket * (BucketRing.length + 1)
            horizon = Timestamp(microseconds: now.microseconds.subtractingSaturated(microseconds))
            day = Period(row.windows.day, turnedAt: turnedAt)
            month = Period(row.windows.month, turnedAt: turnedAt)
        }

        mutating func add(_ entry: Entry, madeAt: Timestamp) {
            // A late entry counts at its place in the accounts, so nothing is left out after the first one that counts.
            if !entry.spent.isZero, entry.at >= horizon || !hour.buckets.isEmpty {
                minute.add(entry.spent, in: SpendingWindows.bucket(of: entry.at, SpendingWindows.minuteBucket))
                hour.add(entry.spent, in: SpendingWindows.bucket(of: entry.at, SpendingWindows.hourBucket))
            }
            overruns.add(entry.overrun, at: entry.at)
            day.add(entry, madeAt: madeAt)
            month.add(entry, madeAt: madeAt)
        }

        mutating func noteOpen(madeAt: Timestamp) { oldestOpen = min(oldestOpen, madeAt) }

        /// Each window or period of the account that differs from the sum of the entries.
        func differences(from row: AccountRow, at now: Timestamp) -> [(String, kept: Spending, entries: Spending)] {
            var differences: [(String, Spending, Spending)] = []
            let kept = row.windows
            let minuteNow = SpendingWindows.bucket(of: now, SpendingWindows.minuteBucket)
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
            ring.buckets.filter { $0.number >= now.subtractingSaturated(BucketRing.length) }
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
