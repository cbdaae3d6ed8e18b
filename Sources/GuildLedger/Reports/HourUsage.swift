package import GuildDomain

/// All spending of one hour of UTC.
package struct HourUsage: Sendable, Hashable {
    /// Its beginning.
    package let at: Timestamp
    package let line: UsageLine
}
