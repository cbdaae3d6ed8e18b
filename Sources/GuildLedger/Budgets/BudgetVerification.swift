package import GuildDomain

/// The result of `guild budget verify`.
package struct BudgetVerification: Sendable, Hashable {
    /// An inconsistency in the accounts.
    package struct Finding: Sendable, Hashable {
        /// The kind of an inconsistency.
        package enum Kind: String, Sendable, CaseIterable {
            /// An entry whose postings do not sum to zero, or that has no counterpart.
            case entry
            /// A counter, window, period or roll-up that differs from the sum of the entries.
            case counter
            /// Used and reserved exceed a limit, and nothing in the ledger explains it.
            case excess
        }

        package let kind: Kind
        /// `agent/ranger`, `entry 12`, `usage of agent ranger in hour 2026-11-22T08:00:00Z`.
        package let place: String
        /// The difference, for people.
        package let problem: String
    }

    /// Tokens or money above a limit, and why.
    package struct Excess: Sendable, Hashable {
        /// A part of the excess that the ledger explains.
        package struct Reason: Sendable, Hashable {
            /// The cause: usage beyond a reservation, a limit lowered later, or a bound in place of a report.
            package enum Kind: String, Sendable, CaseIterable { case overrun, loweredLimit = "lowered limit", estimate }

            package let kind: Kind
            package let amount: Int64
            /// `3 calls overran what was reserved`, `tokenBudget.perDay went from 1000 to 500 in c0ffee`.
            package let text: String
        }

        package let account: String
        package let period: BudgetPeriod
        package let isMoney: Bool
        package let limit: Int64
        package let used: Int64
        /// The amount that calls under way hold.
        package let reserved: Int64
        /// The explained parts.
        package let reasons: [Reason]

        /// Used and reserved beyond the limit.
        package var amount: Int64 { max(0, used.addingSaturated(reserved).subtractingSaturated(limit)) }
        /// The amount without a reason, which is a finding too.
        package var unexplained: Int64 { max(0, amount - reasons.reduce(0) { $0.addingSaturated($1.amount) }) }
    }

    /// The most findings that are listed.
    package static let findingLimit = 100

    package var entries: Int64 = 0
    package var postings: Int64 = 0
    /// Entries that were folded into opening balances.
    package var closedEntries: Int64 = 0
    package var accounts: Int64 = 0
    package var openReservations: Int64 = 0
    /// Hours in which something was spent.
    package var rolledUpHours: Int64 = 0
    /// Tokens posted at a bound because the provider never reported.
    package var estimatedTokens: Int64 = 0
    package var overrunTokens: Int64 = 0
    /// The inconsistencies; empty if the accounts are sound.
    package var findings: [Finding] = []
    /// Findings beyond `findingLimit`.
    package var moreFindings: Int64 = 0
    package var excesses: [Excess] = []

    /// Whether there are no inconsistencies.
    package var isSound: Bool { findings.isEmpty }
}
