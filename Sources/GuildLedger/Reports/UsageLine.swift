package import GuildDomain

/// Used tokens and money of one group, from the hourly roll-ups.
package struct UsageLine: Sendable, Hashable {
    /// The agent, chapter, model, day or root.
    package let name: String
    /// Model calls.
    package let calls: Int64
    /// Tokens by class.
    package let usage: TokenUsage
    /// All classes together.
    package let tokens: Int64
    package let costMicrodollars: Int64
    /// Of `tokens`, those posted at a bound because the provider never reported.
    package let estimatedTokens: Int64
    /// When the first hour with a call begins.
    package let firstHour: Timestamp
}
