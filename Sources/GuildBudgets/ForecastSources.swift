import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

/// The input of a forecast: four weeks of hourly roll-ups, and the usage of scheduled runs.
struct ForecastSources {
    static let week = Duration.seconds(86_400 * 7)
    /// Due times of one schedule; one that has more continues at the same pace.
    private static let dueLimit = 20_000

    private let snapshot: CodexSnapshot
    private let reports: ReportLedger?
    private let days: Int
    private let now: Timestamp
    private let history: [String: [AgentHour]]
    private let schedules: [String: [ScheduleEntry]]
    private var unknownRuns: [String] = []
    private var untried = 0

    init(snapshot: CodexSnapshot, reports: ReportLedger?, days: Int, now: Timestamp) async throws {
        self.snapshot = snapshot
        self.reports = reports
        self.days = days
        self.now = now
        let hours = try await reports?.agentHours(
            since: now - .seconds(86_400 * UsageTrend.historyDays), until: now,
            limit: Int64(UsageTrend.historyDays + 1) * 24)
        history = Dictionary(grouping: hours ?? [], by: \.agent)
        schedules = Dictionary(grouping: ScheduleEntry.all(in: snapshot), by: \.agent)
    }

    /// The gaps in the figures.
    var caveats: [String] {
        var caveats: [String] = []
        if untried > 0 {
            let agents = Amount.counted(untried, "agent")
            caveats.append("\(agents) without a run or a schedule: the forecast counts no use by them")
        }
        if !unknownRuns.isEmpty {
            let names = unknownRuns.prefix(5).joined(separator: ", ") + (unknownRuns.count > 5 ? ", …" : "")
            caveats.append("the cost of these schedules' runs is unknown, so they are not counted: \(names)")
        }
        let gone = history.keys.filter { snapshot.agent($0) == nil }.sorted()
        if !gone.isEmpty {
            let names = gone.prefix(5).joined(separator: ", ") + (gone.count > 5 ? ", …" : "")
            caveats.append("agents that have left the codex are expected to use nothing more: \(names)")
        }
        return caveats
    }

    /// - Returns: nil if an agent has neither history nor schedule.
    mutating func forecast(of agent: AgentManifest) async throws -> AgentForecast? {
        let hours = history[agent.name] ?? []
        let entries = schedules[agent.name] ?? []
        guard !hours.isEmpty || !entries.isEmpty else {
            untried += 1
            return nil
        }
        var scheduled: [Timestamp: Int64] = [:]
        var expected = UsageForecast(start: now, hours: days * 24)
        for entry in entries {
            let past = try await reports?.scheduledRuns(
                of: agent.name, schedule: entry.id, since: now - .seconds(86_400 * UsageTrend.historyDays))
            var runs = RunUsage.none
            for (hour, usage) in past ?? [] {
                scheduled[hour, default: 0] += usage.tokens
                runs += usage
            }
            try await add(entry, of: agent, runs: runs, to: &expected)
        }
        let trend = UsageTrend.fit(Self.unscheduled(hours, scheduled), now: now)
        let tokens = hours.reduce(Int64(0)) { $0.addingSaturated($1.tokens) }
        let money = hours.reduce(Int64(0)) { $0.addingSaturated($1.costMicrodollars) }
        expected.add(trend, price: tokens > 0 ? Double(money) / Double(tokens) : 0)
        let recent = hours.filter { $0.at >= now - Self.week }
        return AgentForecast(
            agent: agent.name, chapter: agent.chapter.flatMap { snapshot.chapter($0)?.name ?? $0 },
            trend: Self.seen(trend, hours, now: now), expected: expected,
            lastWeek: recent.reduce(Int64(0)) { $0.addingSaturated($1.tokens) }, firstUse: recent.map(\.at).min())
    }

    private mutating func add(
        _ entry: ScheduleEntry, of agent: AgentManifest, runs: RunUsage, to expected: inout UsageForecast
    ) async throws {
        var runs = runs
        // A schedule that never ran is taken to be like the agent's other runs.
        if runs.runs == 0 { runs = try await reports?.recentRuns(of: agent.name) ?? .none }
        guard runs.runs > 0 else { return unknownRuns.append(entry.id) }
        expected.add(
            dueTimes: dueTimes(of: entry), tokensEach: Double(runs.tokens) / Double(runs.runs),
            costEach: Double(runs.costMicrodollars) / Double(runs.runs))
    }

    private func dueTimes(of entry: ScheduleEntry) -> [Timestamp] {
        let end = now + .seconds(86_400 * days)
        var times: [Timestamp] = []
        var cursor = now
        while times.count < Self.dueLimit, let due = entry.next(after: cursor), due < end {
            times.append(due)
            cursor = due
        }
        guard times.count == Self.dueLimit, let last = times.last else { return times }
        let step = Duration.microseconds(max(1_000_000, (last - now).microseconds / Int64(Self.dueLimit)))
        var next = last + step
        while next < end {
            times.append(next)
            next = next + step
        }
        return times
    }

    /// The usage without scheduled runs. A run may post later than the hour it was due in: an amount that an hour
    /// cannot cover is deducted from the following ones.
    static func unscheduled(
        _ hours: [AgentHour], _ scheduled: [Timestamp: Int64]
    ) -> [(at: Timestamp, tokens: Int64)] {
        var owed: Int64 = 0
        let used = Dictionary(hours.map { ($0.at, $0.tokens) }) { $0.addingSaturated($1) }
        return Set(used.keys).union(scheduled.keys).sorted().map { at in
            let rest = (used[at] ?? 0).subtractingSaturated(scheduled[at] ?? 0).subtractingSaturated(owed)
            owed = max(0, -rest)
            return (at, max(0, rest))
        }
    }

    /// An agent that only its schedules call has data all the same.
    private static func seen(_ trend: UsageTrend, _ hours: [AgentHour], now: Timestamp) -> UsageTrend {
        guard trend.basis == .none, !hours.isEmpty else { return trend }
        let all = UsageTrend.fit(hours.map { ($0.at, $0.tokens) }, now: now)
        return UsageTrend(basis: all.basis, daily: 0, slope: 0, days: all.days, ceiling: 0)
    }
}
