/// How fast a token bucket fills and how much it holds.
package struct Rate: Sendable, Hashable {
    /// Units that come in within a minute.
    package let perMinute: Int64
    /// The units of a full bucket: the most that can go at once.
    package let burst: Int64

    /// A hundred billion: more than this a minute counts as this, so that the arithmetic has room.
    package static let largest: Int64 = 100_000_000_000

    /// - Parameter burst: a minute's worth if nothing is said.
    package init(perMinute: Int64, burst: Int64? = nil) {
        self.perMinute = min(max(perMinute, 1), Self.largest)
        self.burst = min(max(burst ?? perMinute, 1), Self.largest)
    }
}

/// A token bucket that lends: a request that finds it empty takes the next unit to come, and learns when that is. So
/// requests are served in the order of their arrival, each exactly once.
///
/// The level is kept in parts of a unit such that `perMinute` of them come in each microsecond, so nothing is rounded.
package struct RateBucket: Sendable, Hashable {
    /// In parts; below zero by the amount lent.
    package private(set) var level: Int64
    /// When the level was this.
    package private(set) var at: Timestamp
    /// All units that were ever used beyond what was taken for them; its growth is the delay of waiting requests.
    package private(set) var excess: Int64
    /// Units taken for waiting requests: returned units fill the bucket only up to the room that these leave.
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

    /// A full bucket.
    package static func full(_ rate: Rate, at now: Timestamp) -> RateBucket {
        RateBucket(level: Int64(clamping: Int128(rate.burst) * Int128(partsPerUnit)), at: now)
    }

    /// The bucket at `now`. A clock that was set back fills nothing, and a full bucket stays full.
    package func filled(_ rate: Rate, at now: Timestamp) -> RateBucket {
        let elapsed = max(0, Int128(now.microseconds) - Int128(at.microseconds))
        let capacity = (Int128(rate.burst) - Int128(reserved)) * Int128(Self.partsPerUnit)
        let level = min(capacity, Int128(level) + elapsed * Int128(rate.perMinute))
        return RateBucket(level: Int64(clamping: level), at: now, excess: excess, reserved: reserved)
    }

    /// The bucket after taking the units; its level may fall below zero.
    package func taking(_ units: Int64) -> RateBucket {
        let level = Int128(level) - Int128(max(units, 0)) * Int128(Self.partsPerUnit)
        return RateBucket(level: Int64(clamping: level), at: at, excess: excess, reserved: reserved)
    }

    /// The bucket after returning units that were taken and not used.
    package func returning(_ units: Int64) -> RateBucket {
        let level = Int128(level) + Int128(max(units, 0)) * Int128(Self.partsPerUnit)
        return RateBucket(level: Int64(clamping: level), at: at, excess: excess, reserved: reserved)
    }

    /// The bucket after using units that were not taken.
    package func exceeded(by units: Int64) -> RateBucket {
        let taken = taking(units)
        return RateBucket(level: taken.level, at: at, excess: excess.addingSaturated(max(units, 0)), reserved: reserved)
    }

    /// The bucket after reserving more units for waiting requests, or fewer.
    package func reserving(_ units: Int64) -> RateBucket {
        RateBucket(level: level, at: at, excess: excess, reserved: reserved.addingSaturated(units))
    }

    /// How long a request whose slot has come waits for usage by others since `mark` that was not taken; at most until
    /// nothing is lent.
    package func delay(since mark: Int64, _ rate: Rate) -> Duration {
        let late = RateBucket(level: 0, at: at).taking(excess - min(max(mark, 0), excess))
        return min(late.wait(rate), wait(rate))
    }

    /// How long until nothing is lent any more; zero if nothing is.
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
