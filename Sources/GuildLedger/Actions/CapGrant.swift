package import GuildDomain

/// The result of approving an action past a cap, besides the action itself.
package struct CapGrant: Sendable, Hashable {
    package let agent: String
    /// The cap and its limit.
    package let hold: CapHold
    /// The actions that the cap counts together.
    package let scope: CapScope
    /// The actions that waited at the cap and go with it, the oldest first.
    package let followers: [Action]
    /// How many more may follow.
    package let left: Int64
    /// When the grant lapses.
    package let until: Timestamp

    /// Actions that are named one by one.
    private static let namedLimit = 5

    /// For people: the first few.
    package static func named(_ actions: [Action]) -> String {
        let rest = actions.count - namedLimit
        return
            (actions.prefix(namedLimit).map(\.brief) + (rest > 0 ? ["\(rest) more"] : []))
            .joined(separator: "; ")
    }
}

extension Action {
    /// For people: why it waits for a person.
    package func whyItWaits(_ standing: CapStanding?) -> String {
        if let hold { return standing?.reason ?? hold.reason }
        return policy.map { "\($0) requires approval" } ?? "its tool requires approval (autonomy 1)"
    }
}
