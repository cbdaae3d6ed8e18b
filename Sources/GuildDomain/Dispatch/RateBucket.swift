/// How fast a token bucket fills and how much it holds.
package struct Rate: Sendable, Hashable {
    /// Units that come in within a minute.
    package let perMinute: Int64
    /// Units that a full bucket holds: what may go at once.
    package let burst: Int64

    /// A hundred billion: more than this a minute counts as this, so that the arithmetic has room.
    package static let largest: Int64 = 100_000_000_000

    /// - Parameter burst: a minute's worth where nothing is said.
    package init(perMinute: Int64, burst: Int64? = nil) {
        self.perMinute = min(max(perMinute, 1), Self.largest)
        self.burst = min(max(burst ?? perMinute, 1), Self.largest)
    }
}

/// A token bucket that lends: who comes to an empty one takes the next unit to come, and is told when that is. So those
/// who wait go in the order in which they came, each exactly once.
///
/// The level is kept in parts of a unit such that `perMinute` of them come in each microsecond: no rounding anywhere.
package struct RateBucket: Sendable, Hashable {
    /// In parts; below zero what is lent.
    package private(set) var level: Int64
    /// When the level was this.
    package private(set) var at: Timestamp
    /// Units that were used beyond what was taken for them, ever: its growth is what those who wait are late by.
    package private(set) var excess: Int64
    /// Units taken for those who wait: what comes back meanwhile fills the bucket no further than to their room.
    package private(set) var reserved: Int64

    /// Microseconds of a minute: the parts of one unit.
    private static let partsPerUnit: Int64 = 60_000_000

    /// More than this is not counted.
    package static let largestExcess: Int64 = 1 << 53

    package init(level: Int64, at: Timestamp, excess: Int64 = 0, reserved: Int64 = 0) {
        self.reserved = max(reserved, 0)
        self.level = level
        self.at = at
        self.excess = min(max(excess, 0), Self.largestExcess)
    }

    package static func full(_ rate: Rate, at now: Timestamp) -> RateBucket {
        RateBucket(level: Int64(clamping: Int128(rate.burst) * Int128(partsPerUnit)), at: now)
    }

    /// The bucket as it stands now. A clock that was set back fills nothing, and what was full stays full.
    package func filled(_ rate: Rate, at now: Timestamp) -> RateBucket {
        let elapsed = max(0, Int128(now.microseconds) - Int128(at.microseconds))
        let capacity = (Int128(rate.burst) - Int128(reserved)) * Int128(Self.partsPerUnit)
        let level = min(capacity, Int128(level) + elapsed * Int128(rate.perMinute))
        return RateBucket(level: Int64(clamping: level), at: now, excess: excess, reserved: reserved)
    }

    /// The bucket with so many units less, perhaps below zero.
    package func taking(_ units: Int64) -> RateBucket {
        let level = Int128(level) - Int128(max(units, 0)) * Int128(Self.partsPerUnit)
        return RateBucket(level: Int64(clamping: level), at: at, excess: excess, reserved: reserved)
    }

    /// The bucket with so many units back that were taken and not used.
    package func returning(_ units: Int64) -> RateBucket {
        let level = Int128(level) + Int128(max(units, 0)) * Int128(Self.partsPerUnit)
        return RateBucket(level: Int64(clamping: level), at: at, excess: excess, reserved: reserved)
    }

    /// The bucket after so many units were used that nothing was taken for.
    package func exceeded(by units: Int64) -> RateBucket {
        let taken = taking(units)
        return RateBucket(level: taken.level, at: at, excess: excess.addingSaturated(max(units, 0)), reserved: reserved)
    }

    /// The bucket after so many more units were taken for who waits, or fewer.
    package func reserving(_ units: Int64) -> RateBucket {
        RateBucket(level: level, at: at, excess: excess, reserved: reserved.addingSaturated(units))
    }

    /// How long one whose turn has come waits for what others have used since `mark` beyond what was taken for them;
    /// no longer than until nothing is lent.
    package func delay(since mark: Int64, _ rate: Rate) -> Duration {
        let late = RateBucket(level: 0, at: at).taking(excess - min(max(mark, 0), excess))
        return min(late.wait(rate), wait(rate))
    }

    /// How long until nothing is lent any more; zero where nothing is.
    package func wait(_ rate: Rate) -> Duration {
        guard level < 0 else { return .zero }
        let lent = -Int128(level)
        let pace = Int128(rate.perMinute)
        return .microseconds(Int64(clamping: (lent + pace - 1) / pace))
    }

    /// When nothing is missing any more, if nothing more is taken.
    package func fullAt(_ rate: Rate) -> Timestamp {
        let missing = max(0, Int128(rate.burst) * Int128(Self.partsPerUnit) - Int128(level))
        let pace = Int128(rate.perMinute)
        return at + .microseconds(Int64(clamping: (missing + pace - 1) / pace))
    }

    /// Whole units that may go at once.
    package var available: Int64 { max(0, level / Self.partsPerUnit) }
}
