import GuildDomain

/// The sums of closed entries for one account.
struct OpeningBalance: Sendable {
    /// The amount that counted against it.
    var used = Spending()
    var overrun = Spending()
    /// The postings that stood at it.
    var usage = TokenUsage.zero
    var spentCost: Int64 = 0

    static let columns = [
        "used", "used_cost", "overrun", "overrun_cost", "available", "input", "cache_read", "cache_write", "output",
        "reasoning", "available_cost", "spent_cost",
    ]

    /// The subject of a closing's audit entry: the digest of the balances.
    static func subject(_ digest: String) -> String { "opening-balances/\(digest)" }
}
