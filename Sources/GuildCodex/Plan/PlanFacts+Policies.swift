import GuildDomain

extension PlanFacts {
    mutating func add(_ policy: SafetyPolicy) {
        let subject = "policy \(policy.name)"
        for freeze in policy.freezes {
            let days = SafetyPolicy.Weekday.allCases.filter { freeze.when.days.contains($0) }.map(\.rawValue)
            let hours = "\(freeze.when.from.map { "\($0)" } ?? "00:00") to \(freeze.when.to.map { "\($0)" } ?? "24:00")"
            let tools = freeze.tools.map(\.description).joined(separator: ", ")
            say(
                .permissions, subject, "freeze of \(tools)",
                "\(days.isEmpty ? "every day" : days.joined(separator: ", ")), \(hours) in \(freeze.when.timezone)",
                order: .rank(0, absent: 1))
        }
        for approval in policy.approvals {
            let tools = approval.tools.map(\.description).joined(separator: ", ")
            let fields = approval.fields.joined(separator: " or ")
            let what = fields.isEmpty ? tools : "\(tools.isEmpty ? "every write" : tools) with \(fields)"
            let condition = approval.conditions.map { " if " + $0.distinctText } ?? ""
            say(
                .permissions, subject, what + condition, "needs a person",
                reach: PlanReach(
                    .holds(fields: Set(approval.fields)), events: approval.tools, conditions: approval.conditions))
        }
        for sender in Set(policy.ignoreSenders) {
            say(.permissions, subject, "ignore_senders \(sender)", "ignored", order: .rank(0, absent: 1))
        }
    }

    mutating func addRateLimits() {
        for policy in snapshot.rates.policies {
            for limit in policy.limits { add(limit, "rate limits \(policy.name)") }
        }
    }

    private mutating func add(_ limit: RateLimitPolicy.Limit, _ subject: String) {
        let labels = limit.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let match = ([limit.name].compactMap(\.self) + labels).joined(separator: ", ")
        let about = limit.scope.rawValue + (match.isEmpty ? "" : " \(match)")
        for (unit, count, minutes) in [
            ("requests_per_minute", limit.requestsPerMinute.map(Int64.init), Int64(1)),
            ("requests_per_hour", limit.requestsPerHour.map(Int64.init), 60),
            ("tokens_per_minute", limit.tokensPerMinute, 1),
        ] {
            guard let count else { continue }
            let burst = limit.burst.map(Int64.init)
            var name = "\(about) \(unit)"
            while facts[Key(section: .policies, subject: subject, what: name)] != nil { name += ", again" }
            say(
                .policies, subject, name, "\(count)\(burst.map { ", burst \($0)" } ?? ""), \(limit.action.rawValue)",
                order: .ranks([count, burst ?? count], absent: limit.absentRank(over: minutes)))
        }
    }
}

extension RateLimitPolicy.Limit {
    /// The limit without it, over that many minutes: strangers have built-in limits.
    fileprivate func absentRank(over minutes: Int64) -> Int64 {
        guard scope == .sender else { return .max }
        let perHour =
            name == RateLimitPolicy.nonMembers
            ? RateRules.nonMemberRunsPerHour : RateRules.senderRunsPerHour
        return perHour * minutes / 60
    }
}

extension TokenPrices {
    /// As a manifest writes them: dollars for 1,000 tokens.
    var text: String {
        var parts = [("input", input), ("output", output)]
        if cacheRead != input { parts.append(("cached_input", cacheRead)) }
        if cacheWrite != input { parts.append(("cache_write", cacheWrite)) }
        if reasoning != output { parts.append(("reasoning", reasoning)) }
        return parts.map { "cost_per_1k_\($0): \(Self.dollars($1))" }.joined(separator: ", ")
    }

    var amounts: [Int64] { [input, cacheRead, cacheWrite, output, reasoning] }

    /// - Parameter price: pico-dollars a token, as many nano-dollars for 1,000.
    private static func dollars(_ price: Int64) -> String {
        let (whole, rest) = price.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest > 0 else { return String(whole) }
        var digits = String(rest)
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
