import GuildDomain

/// The sums over finished runs.
package struct RunUsage: Sendable, Hashable {
    package var runs: Int64
    package var tokens: Int64
    package var costMicrodollars: Int64

    package static let none = RunUsage(runs: 0, tokens: 0, costMicrodollars: 0)

    package init(runs: Int64, tokens: Int64, costMicrodollars: Int64) {
        self.runs = runs
        self.tokens = tokens
        self.costMicrodollars = costMicrodollars
    }

    package static func += (left: inout Self, right: Self) {
        left.runs = left.runs.addingSaturated(right.runs)
        left.tokens = left.tokens.addingSaturated(right.tokens)
        left.costMicrodollars = left.costMicrodollars.addingSaturated(right.costMicrodollars)
    }
}
