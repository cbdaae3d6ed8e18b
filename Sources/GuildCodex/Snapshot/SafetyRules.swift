import Foundation
package import GuildDomain

/// All SafetyPolicies of a snapshot taken together: if one of them forbids something, it is forbidden.
package struct SafetyRules: Sendable, Hashable {
    /// The bans of all policies.
    package let freezes: [SafetyPolicy.Freeze]
    /// The approvals of all policies.
    package let approvals: [SafetyPolicy.Approval]
    /// The least of the policies'; nil if none says.
    package let hopLimit: Int?
    /// The least of the policies'; nil if none says.
    package let rootTokens: Int64?
    /// The senders whose events call no agent.
    package let ignoreSenders: [String]

    package init(_ policies: [SafetyPolicy]) {
        freezes = policies.flatMap(\.freezes)
        approvals = policies.flatMap { policy in
            policy.approvals.enumerated().map { index, approval in
                var approval = approval
                approval.rule = "SafetyPolicy \(policy.name), approvals[\(index)] (\(approval.location))"
                return approval
            }
        }
        hopLimit = policies.compactMap(\.hopLimit).min()
        rootTokens = policies.compactMap(\.rootTokens).min()
        ignoreSenders = policies.flatMap(\.ignoreSenders)
    }

    /// Why a tool must not be used now, or nil if no freeze holds.
    package func freeze(of tool: String, at now: Timestamp) -> String? {
        let freeze = freezes.first { freeze in
            freeze.tools.contains { $0.matches(tool) } && freeze.when.contains(now)
        }
        return freeze.map { $0.message ?? "\(tool) is frozen by the policy at \($0.location)" }
    }

    /// The rule by which a person must agree to a call of a tool that carries this, for people; nil if there is none.
    /// Of a rule that names tools and fields, both must hold.
    package func approvalRule(for tool: String, carrying carried: CarriedFields) -> String? {
        approvals.first { approval in
            (approval.tools.isEmpty || approval.tools.contains { $0.matches(tool) })
                && (approval.fields.isEmpty || approval.fields.contains { carried.carries($0) })
                && approval.conditions.map { carried.satisfies($0) } ?? true
        }?.rule
    }
}

extension SafetyPolicy.Window {
    /// Whether the window contains an instant. The minute of `to` belongs to it, so that `23:59` leaves no gap before
    /// midnight; a window past midnight belongs to the day on which it begins.
    package func contains(_ now: Timestamp) -> Bool {
        let zone = Zones.named(timezone) ?? TimeZone.gmt
        let offset = Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(now.seconds))))
        let (day, second) = now.seconds.addingSaturated(offset).floorDivided(by: 86_400)
        let minute = Int(second / 60)
        let start = from?.minutesOfDay ?? 0
        let end = to?.minutesOfDay ?? 24 * 60 - 1
        guard start > end else { return holds(on: day) && (start...end).contains(minute) }
        return (minute >= start && holds(on: day)) || (minute <= end && holds(on: day - 1))
    }

    /// - Parameter day: days since 1970-01-01, which was a Thursday.
    private func holds(on day: Int64) -> Bool {
        let index = Int((day + 3).floorDivided(by: 7).remainder)
        return days.isEmpty || days.contains(SafetyPolicy.Weekday.allCases[index])
    }
}
