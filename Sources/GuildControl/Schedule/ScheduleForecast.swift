package import GuildCodex
package import GuildDomain
package import GuildLedger

/// The expected runs and cost of one schedule in a span of time, for all persons of a trigger together.
package struct ScheduleForecast: Sendable, Hashable {
    /// `AGENT/NAME`
    package let schedule: String
    /// The agent that the schedule calls.
    package let agent: String
    /// Due times that fire.
    package var runs = 0
    /// Due times that a pause in force holds back.
    package var paused = 0
    /// The pauses in force that hold some of its due times.
    package var holds: [ScheduleHold] = []
    /// False if there are more runs than were counted.
    package var isComplete = true
    /// The first due time in the span.
    package var first: Timestamp?
    /// The last due time in the span.
    package var last: Timestamp?
    /// The assumed cost of one run.
    package let tokensPerRun: Int64
    /// How many runs that is the mean of; 0 if the agent never ran and it is its `perInvocation` limit.
    package let meanOf: Int

    /// All runs together.
    package var tokens: Int64 {
        let (product, overflow) = tokensPerRun.multipliedReportingOverflow(by: Int64(runs))
        return overflow ? .max : product
    }

    /// Due times of all schedules counted in one forecast.
    package static let countLimit = 200_000

    /// Forecasts the due times in [`from`, `to`].
    ///
    /// - Parameters:
    ///   - schedules: has the usage of the agents' runs, and the pauses; nil if nothing has run yet.
    ///   - agents: has the pauses of the agents themselves.
    package static func make(
        _ entries: [ScheduleEntry], in snapshot: CodexSnapshot, schedules: ScheduleLedger?, agents: AgentLedger? = nil,
        from: Timestamp, to: Timestamp, now: Timestamp
    ) async throws -> [ScheduleForecast] {
        let pauses = try await agents?.pauses(now: now) ?? [:]
        let holds = ScheduleHolds(schedules: try await schedules?.pauses(at: now) ?? [], agents: Array(pauses.values))
        var means: [String: RunMean] = [:]
        for agent in Set(entries.map(\.agent)) {
            let limit = snapshot.agent(agent).map { snapshot.limits(of: $0).perInvocation.value } ?? 0
            means[agent] = try await schedules?.meanTokens(of: agent) ?? RunMean(tokens: limit, runs: 0)
        }
        var forecasts: [String: ScheduleForecast] = [:]
        var left = countLimit
        for entry in entries {
            let mean = means[entry.agent] ?? RunMean(tokens: 0, runs: 0)
            let known = forecasts[entry.plan.name]
            var forecast =
                known
                ?? ScheduleForecast(
                    schedule: entry.plan.name, agent: entry.agent, tokensPerRun: mean.tokens, meanOf: mean.runs)
            forecast.count(entry, from: from, to: to, held: holds.of(entry), left: &left)
            forecasts[entry.plan.name] = forecast
        }
        return forecasts.values.sorted { $0.schedule < $1.schedule }
    }

    private init(schedule: String, agent: String, tokensPerRun: Int64, meanOf: Int) {
        self.schedule = schedule
        self.agent = agent
        self.tokensPerRun = tokensPerRun
        self.meanOf = meanOf
    }

    private mutating func count(
        _ entry: ScheduleEntry, from: Timestamp, to: Timestamp, held: [ScheduleHold], left: inout Int
    ) {
        var cursor = from - .microseconds(1)
        while let due = entry.next(after: cursor), due <= to {
            guard left > 0 else {
                isComplete = false
                return
            }
            left -= 1
            cursor = due
            let turn = held.isEmpty ? due : entry.turn(of: due)
            let holding = held.filter { $0.holds(at: turn) }
            guard holding.isEmpty else {
                paused += 1
                for hold in holding where !holds.contains(hold) { holds.append(hold) }
                continue
            }
            runs += 1
            first = min(first ?? due, due)
            last = max(last ?? due, due)
        }
    }
}
