import GuildDomain

/// How far the accounts are closed.
struct BooksClosed: Sendable {
    /// The instant of the last entry that went.
    let until: Timestamp
    let entries: Int64
    /// Those that were settled.
    let calls: Int64
    let estimated: Int64
    /// The audit entry of the last closing.
    let audit: Int64

    /// The hour of `until`, since 1970: of it, some calls may be closed and others not.
    var hour: Int64 { until.seconds.floorDivided(by: 3600).quotient }
}
