/// An account's usage in the current minute, hour, day and month.
package struct SpendingWindows: Sendable, Hashable {
    /// A calendar period and the usage in it.
    package struct Calendar: Sendable, Hashable {
        /// When the period begins.
        package var start: Timestamp
        /// Excluded.
        package var end: Timestamp
        /// The usage within the period.
        package var used: Spending
        /// The highest alert that was reported in this period.
        package var told: AlertLevel

        package init(start: Timestamp, end: Timestamp, used: Spending = Spending(), told: AlertLevel = .none) {
            self.start = start
            self.end = end
            self.used = used
            self.told = told
        }

        /// A period that ended long ago, as the value before the first use.
        package static let never = Calendar(start: Timestamp(microseconds: 0), end: Timestamp(microseconds: 0))
    }

    /// The length of a minute's buckets, in microseconds.
    package static let minuteBucket: Int64 = 1_000_000
    /// The length of an hour's buckets, in microseconds.
    package static let hourBucket: Int64 = 60_000_000

    /// The sliding minute.
    package var minute: BucketRing
    /// The sliding hour.
    package var hour: BucketRing
    /// The current day.
    package var day: Calendar
    /// The current month.
    package var month: Calendar

    package init(
        minute: BucketRing = BucketRing(), hour: BucketRing = BucketRing(), day: Calendar = .never,
        month: Calendar = .never
    ) {
        self.minute = minute
        self.hour = hour
        self.day = day
        self.month = month
    }

    /// Begins the day and the month of `now` if the stored ones have ended.
    package mutating func advance(to now: Timestamp, _ calendar: () -> PeriodCalendar) {
        guard now >= day.end || now >= month.end else { return }
        let calendar = calendar()
        if now >= day.end {
            let range = calendar.day(at: now)
            day = Calendar(start: range.lowerBound, end: range.upperBound)
        }
        if now >= month.end {
            let range = calendar.month(at: now)
            month = Calendar(start: range.lowerBound, end: range.upperBound)
        }
    }

    /// Posts a spending at `now`, to which the windows have advanced.
    package mutating func add(_ spent: Spending, at now: Timestamp) {
        guard !spent.isZero else { return }
        minute.add(spent, in: Self.bucket(of: now, Self.minuteBucket))
        hour.add(spent, in: Self.bucket(of: now, Self.hourBucket))
        day.used += spent
        month.used += spent
    }

    /// The usage in the window or period that is current at `now`; nil for `perInvocation`, which has no window.
    package func used(in period: BudgetPeriod, at now: Timestamp) -> Spending? {
        switch period {
        case .perInvocation: nil
        case .minute: minute.sum(at: Self.bucket(of: now, Self.minuteBucket))
        case .hour: hour.sum(at: Self.bucket(of: now, Self.hourBucket))
        case .day: now < day.end ? day.used : Spending()
        case .month: now < month.end ? month.used : Spending()
        }
    }

    /// When enough has left for `isEnough` to hold of the remaining usage, ignoring open reservations.
    ///
    /// - Returns: nil if no passing of time is enough.
    package func frees(
        in period: BudgetPeriod, at now: Timestamp, where isEnough: (Spending) -> Bool
    ) -> Timestamp? {
        func instant(_ ring: BucketRing, _ width: Int64) -> Timestamp? {
            let bucket = ring.firstBucket(from: Self.bucket(of: now, width), where: isEnough)
            return bucket.map {
                max(now, Timestamp(microseconds: $0.multipliedReportingOverflow(by: width).partialValue))
            }
        }
        switch period {
        case .perInvocation: return nil
        case .minute: return instant(minute, Self.minuteBucket)
        case .hour: return instant(hour, Self.hourBucket)
        case .day: return isEnough(Spending()) ? max(now, day.end) : nil
        case .month: return isEnough(Spending()) ? max(now, month.end) : nil
        }
    }

    /// The bucket of that width that contains an instant.
    package static func bucket(of instant: Timestamp, _ width: Int64) -> Int64 {
        instant.microseconds.floorDivided(by: width).quotient
    }
}
