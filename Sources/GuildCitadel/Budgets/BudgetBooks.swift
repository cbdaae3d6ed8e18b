import GuildCodex
import GuildDomain
import GuildLedger

/// The running day and month of every account, read once for one report.
struct BudgetBooks: Sendable {
    private typealias Used = [String: Int64]

    private let snapshot: CodexSnapshot
    private let calendar: BudgetCalendar
    private let ledger: Ledger?
    private let now: Timestamp
    private var byAgent: [BudgetCalendar.Period: Used] = [:]
    private var byChapter: [BudgetCalendar.Period: Used] = [:]
    private var open: Used = [:]

    init(snapshot: CodexSnapshot, calendar: BudgetCalendar, ledger: Ledger?, now: Timestamp) async throws {
        self.snapshot = snapshot
        self.calendar = calendar
        self.ledger = ledger
        self.now = now
        guard let ledger else { return }
        for period in BudgetCalendar.Period.allCases {
            let start = calendar.interval(of: period, at: now).start
            byAgent[period] = Self.used(try await ledger.usage(by: .agent, since: start, until: now))
            byChapter[period] = Self.used(try await ledger.usage(by: .chapter, since: start, until: now))
        }
        open = Dictionary(try await ledger.openAccounts().map { ($0.name, $0.reserved) }) { first, _ in first }
    }

    private static func used(_ lines: [UsageLine]) -> Used {
        Dictionary(lines.map { ($0.name, $0.tokens) }) { $0.addingSaturated($1) }
    }

    func reserved(_ account: String) -> Int64 { open[account] ?? 0 }

    /// The organisation's own limits.
    var poolStandings: [BudgetReport.Standing] {
        let pool = snapshot.guild.manaPool
        return standings(
            perDay: pool.perDay, perMonth: pool.perMonth, reserved: reserved("organization")
        ) { period in (byAgent[period] ?? [:]).values.reduce(0) { $0.addingSaturated($1) } }
    }

    func standings(agent name: String) -> [BudgetReport.Standing] {
        guard let agent = snapshot.agent(name) else { return [] }
        let limits = snapshot.limits(of: agent)
        return standings(
            perDay: limits.perDay.value, perMonth: limits.perMonth.value, reserved: reserved("agent/\(agent.name)")
        ) { byAgent[$0]?[agent.name] ?? 0 }
    }

    func standings(chapter name: String) -> [BudgetReport.Standing] {
        guard let chapter = snapshot.chapter(name) else { return [] }
        return standings(
            perDay: chapter.tokenBudget.perDay, perMonth: chapter.tokenBudget.perMonth,
            reserved: reserved("chapter/\(chapter.name)")
        ) { byChapter[$0]?[chapter.name] ?? 0 }
    }

    private func standings(
        perDay: Int64?, perMonth: Int64?, reserved: Int64, used: (BudgetCalendar.Period) -> Int64
    ) -> [BudgetReport.Standing] {
        [(BudgetCalendar.Period.day, perDay), (.month, perMonth)].compactMap { period, limit in
            limit.map {
                BudgetReport.Standing(
                    period: period, limit: $0, used: used(period), reserved: reserved,
                    endsAt: calendar.interval(of: period, at: now).end)
            }
        }
    }

    // MARK: Lines

    func lines(
        _ grouping: UsageGrouping, since: Timestamp, until: Timestamp
    ) async throws -> [BudgetReport.Line] {
        guard let ledger else { return [] }
        if grouping == .day { return try await days(in: ledger, since: since, until: until) }
        return try await ledger.usage(by: grouping, since: since, until: until).map { line in
            switch grouping {
            case .agent:
                self.line(line, reserved: reserved("agent/\(line.name)"), limits: standings(agent: line.name))
            case .chapter:
                self.line(line, reserved: reserved("chapter/\(line.name)"), limits: standings(chapter: line.name))
            case .model, .day, .root: self.line(line, reserved: nil, limits: [])
            }
        }
    }

    private func line(_ line: UsageLine, reserved: Int64?, limits: [BudgetReport.Standing]) -> BudgetReport.Line {
        BudgetReport.Line(
            name: line.name, calls: line.calls, usage: line.usage, tokens: line.tokens,
            costMicrodollars: line.costMicrodollars, estimatedTokens: line.estimatedTokens, reserved: reserved,
            limits: limits)
    }

    /// Days of the organisation's zone. Where its midnight is not a whole hour of UTC, the hour belongs to the day in
    /// which it begins.
    private func days(in ledger: Ledger, since: Timestamp, until: Timestamp) async throws -> [BudgetReport.Line] {
        guard let days = calendar.days(since: since, until: until, limit: BudgetReport.maximumDays) else {
            throw Failure(
                .usage, "the period has more than \(BudgetReport.maximumDays) days",
                hint: "ask for less with --since and --until")
        }
        var lines: [BudgetReport.Line] = []
        for day in days {
            let used = try await ledger.usage(by: .agent, since: day.since.hourUp, until: day.until.hourUp)
            guard day.since.hourUp < day.until.hourUp, !used.isEmpty else { continue }
            lines.append(sum(used, name: day.name))
        }
        return lines
    }

    private func sum(_ lines: [UsageLine], name: String) -> BudgetReport.Line {
        func total(_ field: (UsageLine) -> Int64) -> Int64 { lines.reduce(0) { $0.addingSaturated(field($1)) } }
        return BudgetReport.Line(
            name: name, calls: total(\.calls), usage: lines.reduce(.zero) { $0 + $1.usage }, tokens: total(\.tokens),
            costMicrodollars: total(\.costMicrodollars), estimatedTokens: total(\.estimatedTokens), reserved: nil,
            limits: [])
    }
}

extension Timestamp {
    fileprivate var hourUp: Timestamp {
        let hour: Int64 = 3_600_000_000
        let remainder = microseconds.floorDivided(by: hour).remainder
        return remainder == 0 ? self : Timestamp(microseconds: microseconds.addingSaturated(hour - remainder))
    }
}
