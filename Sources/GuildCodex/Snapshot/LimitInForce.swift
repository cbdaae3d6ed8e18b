import GuildDomain

/// A limit on one agent that is in force, and where it was set.
package struct LimitInForce: Sendable, Hashable {
    /// What a limit counts.
    package enum Unit: String, Sendable {
        case tokens, microdollars, milliseconds, invocations, actions
    }

    /// As the manifest calls it: `tokenBudget.perDay`.
    package let name: String
    package let value: Int64
    package let unit: Unit
    /// For people: the file and the line, or that it is the default.
    package let origin: String

    /// The value as people read it; tokens without their unit.
    package var shown: String {
        switch unit {
        case .tokens, .actions: Amount.grouped(value)
        case .microdollars: Money.dollars(value)
        case .milliseconds: Amount.duration(.milliseconds(value))
        case .invocations: String(value)
        }
    }
}

extension CodexSnapshot {
    /// Every limit on an agent's tokens and money that is in force.
    package func spendingLimits(of agent: AgentManifest) -> [LimitInForce] {
        let limits = limits(of: agent)
        let tokens: [(String, Limit<Int64?>)] = [
            ("perInvocation", Limit(limits.perInvocation.value, limits.perInvocation.origin)),
            ("perMinute", limits.perMinute), ("perHour", limits.perHour), ("perDay", limits.perDay),
            ("perMonth", limits.perMonth),
        ]
        let costs: [(String, Limit<Int64?>)] = [
            ("perInvocation", limits.costPerInvocation), ("perMinute", limits.costPerMinute),
            ("perHour", limits.costPerHour), ("perDay", limits.costPerDay), ("perMonth", limits.costPerMonth),
        ]
        return Self.inForce(tokens, "tokenBudget", .tokens) + Self.inForce(costs, "costBudget", .microdollars)
    }

    private static func inForce(
        _ limits: [(String, Limit<Int64?>)], _ budget: String, _ unit: LimitInForce.Unit
    ) -> [LimitInForce] {
        limits.compactMap { name, limit in
            limit.value.map {
                LimitInForce(name: "\(budget).\(name)", value: $0, unit: unit, origin: limit.origin.description)
            }
        }
    }

    /// Every limit on an agent that is in force: what it may spend, how long, how much at once, how many actions.
    package func limitsInForce(of agent: AgentManifest) -> [LimitInForce] {
        let limits = limits(of: agent)
        var list = spendingLimits(of: agent)
        if let window = limits.contextWindow.value {
            list.append(
                LimitInForce(
                    name: "contextWindow", value: window, unit: .tokens,
                    origin: limits.contextWindow.origin.description))
        }
        let duration = limits.maxActiveDuration
        list.append(
            LimitInForce(
                name: "maxActiveDuration", value: duration.value.microseconds / 1000, unit: .milliseconds,
                origin: duration.origin.description))
        let concurrent = limits.maxConcurrent
        list.append(
            LimitInForce(
                name: "maxConcurrent", value: Int64(concurrent.value), unit: .invocations,
                origin: concurrent.origin.description))
        let caps = ActionCap.allCases.map { cap in
            let limit = limit(cap, of: agent)
            return LimitInForce(
                name: cap.key, value: limit.value, unit: .actions, origin: limit.origin.description)
        }
        return list + caps
    }
}
