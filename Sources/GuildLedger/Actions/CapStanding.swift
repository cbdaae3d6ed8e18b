package import GuildDomain

/// How much of a cap is used at which an action waits, and what an approval of the action would release with it.
package struct CapStanding: Sendable, Hashable {
    package let agent: String
    package let hold: CapHold
    package let scope: CapScope
    /// The actions that count now, including released ones.
    package let used: Int64
    /// The others that wait there and would go with it, the oldest first.
    package let followers: [Action]

    /// How many more may follow within 24 h.
    package var left: Int { hold.others - followers.count }

    /// For people: the cap that was passed, and how much of it is used.
    package var reason: String { "\(hold.reason): \(used) used \(scope.span)" }

    /// For people: the effect of an approval.
    package var nextStep: String {
        guard hold.others > 0 else { return "each one needs an approval of its own" }
        var parts: [String] = []
        if !followers.isEmpty {
            let which = followers.count == 1 ? "1 other waiting action" : "\(followers.count) other waiting actions"
            parts.append("\(which) (\(CapGrant.named(followers)))")
        }
        if left > 0 {
            parts.append("\(left) \(followers.isEmpty ? "" : "more ")\(scope.owner(agent: agent)) within 24 h")
        }
        return "approving it also releases " + parts.joined(separator: ", and ")
    }
}

extension ActionLedger {
    /// Actions that are counted one by one.
    private static let usedLimit: Int64 = 10_000
    /// Waiting actions that are named.
    private static let followerLimit = 1000

    /// - Returns: nil if the action waits at no cap.
    package func capStanding(of action: Action, now: Timestamp) async throws -> CapStanding? {
        try await capStandings(of: [action], now: now)[action.id]
    }

    /// The caps that these wait at, by action; those that wait at none are left out.
    package func capStandings(of actions: [Action], now: Timestamp) async throws -> [ActionID: CapStanding] {
        try await ledger.read { db in
            var places: [Place: (used: Int64, waiting: [Action])] = [:]
            var standings: [ActionID: CapStanding] = [:]
            for action in actions where action.state == .awaiting {
                guard let hold = action.hold, let scope = action.scope(of: hold.cap) else { continue }
                let place = Place(agent: action.agent, cap: hold.cap, scope: scope)
                let found =
                    try places[place] ?? db.caps.look(at: place, limit: Self.usedLimit, Self.followerLimit, now: now)
                places[place] = found
                standings[action.id] = CapStanding(
                    agent: action.agent, hold: hold, scope: scope, used: found.used,
                    followers: Array(found.waiting.filter { $0.id != action.id }.prefix(hold.others)))
            }
            return standings
        }
    }
}

private struct Place: Hashable {
    let agent: String
    let cap: ActionCap
    let scope: CapScope
}

extension CapStatements {
    fileprivate func look(
        at place: Place, limit: Int64, _ followers: Int, now: Timestamp
    ) throws -> (used: Int64, waiting: [Action]) {
        let at = try capTime(of: place.agent, now: now)
        return (
            try used(place.scope, of: place.agent, at: at, upTo: limit),
            try waiting(place.agent, at: place.cap, place.scope, limit: followers)
        )
    }
}
