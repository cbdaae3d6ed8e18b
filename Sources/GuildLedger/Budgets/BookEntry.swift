package import GuildDomain

/// One entry of the accounts, as it touched one account.
package struct BookEntry: Sendable, Hashable {
    package let at: Timestamp
    /// `reserve`, `settle` or `release`.
    package let kind: String
    package let agent: String
    package let model: String
    package let invocation: InvocationID
    package let turn: Int
    /// The held amount; negative if it is released.
    package let held: Int64
    /// All five classes.
    package let spent: Int64
    package let costMicrodollars: Int64
    /// Posted at its bound, because the provider never reported.
    package let isEstimated: Bool
    /// The tokens beyond the reservation.
    package let overrun: Int64
}
