import GuildDomain

/// The spending of causal roots in a period.
package struct RootUsage: Sendable, Hashable {
    /// The largest first.
    package let lines: [UsageLine]
    /// Roots that spent something, beyond those in `lines` too.
    package let count: Int64
}
