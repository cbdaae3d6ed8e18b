import GuildCodex
import GuildDomain
import GuildLedger

/// The running day and month of every account, and its pace, read once for one report.
struct BudgetBooks: Sendable {
    private struct Spent {
        var tokens: Int64 = 0
        var microdollars: Int64 = 0
        var firstUse: Timestamp?

        mutating func add(_ line: UsageLine) {
            tokens = tokens.addingSaturated(line.tokens)
            microdollars = microdollars.addingSaturated(line.costMicrodollars)
            firstUse = min(firstUse ?? line.firstHour, line.firstHour)
        }

        func amount(_ unit: BudgetStanding.Unit) -> Int64 { unit == .tokens ? tokens : microdollars }
    }

    private typealias Accounts = [String: Spent]

    private let snapshot: CodexSnapshot
    private let calendar: BudgetCalendar
    private let reports: ReportLedger?
    private let now: Timestamp
    private var recent: [BudgetCalendar.Period: Accounts] = [:]
    private var accounts: [String: AccountStanding] = [:]

    init(
        snapshot: CodexSnapshot, calendar: BudgetCalendar, budgets: BudgetLedger?, reports: ReportLedger?,
        now: Timestamp
    ) async throws {
        self.snapshot = snapshot
        self.calendar = calendar
        self.reports = reports
        self.now = now
        guard let budgets, let reports else { return }
        for period in BudgetCalendar.Period.allCases {
            recent[period] = try await Self.spent(in: reports, since: now - period.paceWindow, until: now)
        }
        accounts = Dictionary(try await budgets.standings(now: now).map { ($0.name, $0) }) { first, _ in first }
    }

    private static func spent(in reports: ReportLedger, since: Timestamp, until: Timestamp) async throws -> Accounts {
        var accounts: Accounts = [:]
        for usage in try await reports.usageOfAgents(since: since, until: until) {
            accounts["agent/\(usage.line.name)", default: Spent()].add(usage.line)
            accounts["organization", default: Spent()].add(usage.line)
            if !usage.chapter.isEmpty { accounts["chapter/\(usage.chapter)", default: Spent()].add(usage.line) }
        }
        return accounts
    }

    // MARK: Standings

    /// The organisation's own limits.
    var poolStandings: [BudgetStanding] { standings(.organization(in: snapshot)) }

    func standings(_ limits: CalendarLimits) -> [BudgetStanding] {
        BudgetCalendar.Period.allCases.flatMap { period in
            BudgetStanding.Unit.allCases.compactMap { unit in
                limits[period, unit].map { standing(limits.account, period, unit, limit: $0) }
            }
        }
    }

    /// The codex's limit with the operators' changes, which the ledger knows.
    private func standing(
        _ account: String, _ period: BudgetCalendar.Period, _ unit: BudgetStanding.Unit, limit: Int64
    ) -> BudgetStanding {
        let pace = recent[period]?[account]
        let known = accounts[account]?.period(period.budgetPeriod)
        let amount = unit == .tokens ? known?.tokens : known?.cost
        return BudgetStanding(
            account: account, period: period, unit: unit,
            limit: BudgetStanding.inForce(limit, granted: amount?.granted ?? 0, throttle: known?.throttle, unit: unit),
            granted: amount?.granted ?? 0,
            used: amount?.used ?? 0, reserved: reserved(account, unit),
            endsAt: calendar.interval(of: period, at: now).end,
            rate: BurnRate(
                spent: pace?.amount(unit) ?? 0, window: period.paceWindow, firstUse: pace?.firstUse, now: now),
            level: known?.level ?? .none, now: now)
    }

    private func reserved(_ account: String, _ unit: BudgetStanding.Unit) -> Int64 {
        (unit == .tokens ? accounts[account]?.reserved : accounts[account]?.reservedCost) ?? 0
    }

    // MARK: Lines

    /// - Returns: a line for each group, how many groups have none, and the sum of all.
    func lines(
        _ grouping: UsageGrouping, since: Timestamp, until: Timestamp
    ) async throws -> (lines: [BudgetReport.Line], omitted: Int64, total: BudgetReport.Line) {
        guard let reports else { return ([], 0, total([])) }
        switch grouping {
        case .day:
            let hours = try await reports.hourlyUsage(since: since, until: until)
            return (try days(hours, since: since, until: until), 0, total(hours.map(\.line)))
        case .root:
            let usage = try await reports.rootUsage(since: since, until: until)
            let lines = usage.lines.map { line($0, account: nil, limits: []) }
            let all = try await reports.usage(by: .model, since: since, until: until)
            return (lines, usage.count - Int64(lines.count), total(all))
        case .agent, .chapter, .model:
            let lines = try await reports.usage(by: grouping, since: since, until: until)
            return (lines.map { line($0, of: grouping) }, 0, total(lines))
        }
    }

    private func total(_ lines: [UsageLine]) -> BudgetReport.Line {
        sum(lines, name: "total", reserved: reserved("organization", .tokens))
    }

    private func line(_ line: UsageLine, of grouping: UsageGrouping) -> BudgetReport.Line {
        switch grouping {
        case .agent:
            let limits = snapshot.agent(line.name).map { standings(.agent($0, in: snapshot)) }
            return self.line(line, account: "agent/\(line.name)", limits: limits ?? [])
        case .chapter:
            let limits = snapshot.chapter(line.name).map { standings(.chapter($0)) }
            return self.line(line, account: "chapter/\(line.name)", limits: limits ?? [])
        case .model, .day, .root: return self.line(line, account: nil, limits: [])
        }
    }

    private func line(_ line: UsageLine, account: String?, limits: [BudgetStanding]) -> BudgetReport.Line {
        BudgetReport.Line(
            name: line.name, calls: line.calls, usage: line.usage, costMicrodollars: line.costMicrodollars,
            estimatedTokens: line.estimatedTokens, reserved: account.map { reserved($0, .tokens) }, limits: limits)
    }

    /// The organisation's days, those on which nothing was spent between them too.
    private func days(_ hours: [HourUsage], since: Timestamp, until: Timestamp) throws -> [BudgetReport.Line] {
        guard let days = calendar.days(since: since, until: until, limit: BudgetReport.maximumDays) else {
            throw Failure(
                .usage, "the period has more than \(BudgetReport.maximumDays) days",
                hint: "shorten it with --since and --until")
        }
        let used = Dictionary(calendar.days(of: hours, at: \.at).map { ($0.name, $0.hours) }) { $0 + $1 }
        let lines = days.filter { $0.since <= now }.map { day in
            sum(used[day.name]?.map(\.line) ?? [], name: day.name, reserved: nil)
        }
        return Array(lines.drop { $0.calls == 0 })
    }

    private func sum(_ lines: [UsageLine], name: String, reserved: Int64?) -> BudgetReport.Line {
        func total(_ field: (UsageLine) -> Int64) -> Int64 { lines.reduce(0) { $0.addingSaturated(field($1)) } }
        return BudgetReport.Line(
            name: name, calls: total(\.calls), usage: lines.reduce(.zero) { $0 + $1.usage },
            costMicrodollars: total(\.costMicrodollars), estimatedTokens: total(\.estimatedTokens), reserved: reserved,
            limits: [])
    }
}
