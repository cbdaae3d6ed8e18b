import GuildDomain

/// A span of time rounded outwards to whole hours, as the roll-ups count them: hours since 1970 in UTC.
struct HourSpan {
    static let microseconds: Int64 = 3_600_000_000

    let first: Int64
    /// Not in it any more.
    let end: Int64

    init(since: Timestamp, until: Timestamp) {
        first = since.microseconds.floorDivided(by: Self.microseconds).quotient
        end = until.microseconds.addingSaturated(Self.microseconds - 1).floorDivided(by: Self.microseconds).quotient
    }

    static func start(of hour: Int64) -> Timestamp {
        let (product, overflow) = hour.multipliedReportingOverflow(by: microseconds)
        return Timestamp(microseconds: overflow ? (hour < 0 ? .min : .max) : product)
    }
}
