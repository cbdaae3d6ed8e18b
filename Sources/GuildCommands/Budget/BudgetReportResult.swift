import Foundation
import GuildBudgets
import GuildCitadel
import GuildDomain
import GuildLedger

/// `MANA_REPORT_V1` (docs/budget-report.md), and the same as tables with bars.
struct BudgetReportResult: CommandResult {
    let report: BudgetReport
    /// The organisation's zone, in which its days begin.
    let zone: TimeZone
    let screen: Screen
    /// The ledger's place, whether or not it exists.
    let ledger: String

    struct Document: Encodable {
        struct Period: Encodable {
            let since: Timestamp
            let until: Timestamp
            let timezone: String
        }

        struct Line: Encodable {
            let name: String
            let calls: Int64
            let used: Int64
            let tokens: TokenUsage
            let costMicrodollars: Int64
            let estimated: Int64
            let reserved: Int64?
            let limits: [BudgetStanding]
        }

        struct Total: Encodable {
            let calls: Int64
            let tokens: Int64
            let classes: TokenUsage
            let costMicrodollars: Int64
            let estimated: Int64
            let reserved: Int64?
        }

        let `protocol`: String
        let period: Period
        let by: String
        let breakdown: [Line]
        let omitted: Int64
        let total: Total
        let budgetRemaining: [BudgetStanding]
        let burnRateDaily: Int64
        let projectedExhaustion: Timestamp?
    }

    var document: Document {
        let total = report.total
        return Document(
            protocol: BudgetReport.protocol,
            period: Document.Period(since: report.since, until: report.until, timezone: report.timezone),
            by: report.grouping.rawValue, breakdown: report.lines.map(Document.Line.init), omitted: report.omitted,
            total: Document.Total(
                calls: total.calls, tokens: total.tokens, classes: total.usage,
                costMicrodollars: total.costMicrodollars, estimated: total.estimatedTokens, reserved: total.reserved),
            budgetRemaining: report.pool, burnRateDaily: report.burnRate.daily,
            projectedExhaustion: report.projectedExhaustion)
    }

    // MARK: Rows

    var rows: [BudgetReport.Line] { report.lines }

    /// Every column, whether it has anything or not: programs count on them.
    var columns: [Column<BudgetReport.Line>] {
        [
            .text(report.grouping.rawValue, \.name), .count("calls", \.calls), .count("input", \.usage.input),
            .count("cache_read", \.usage.cacheRead), .count("cache_write", \.usage.cacheWrite),
            .count("output", \.usage.output), .count("reasoning", \.usage.reasoning), .count("total", \.tokens),
            .money("cost", \.costMicrodollars), .count("estimated", \.estimatedTokens), .count("reserved", \.reserved),
            .count("day_limit") { $0.tokenLimit(.day)?.limit },
            .count("day_remaining") { $0.tokenLimit(.day)?.remaining },
            .count("month_limit") { $0.tokenLimit(.month)?.limit },
            .count("month_remaining") { $0.tokenLimit(.month)?.remaining },
        ]
    }

    /// For people: only the columns in which anything happened.
    private var breakdown: TextTable {
        let cells = CellFormat.people(zone)
        let lines = report.lines + (report.lines.count > 1 || report.omitted > 0 ? [report.total] : [])
        var columns: [(heading: String, cells: [String])] = [
            (report.grouping.rawValue.uppercased(), lines.map { $0.name.isEmpty ? "(none)" : $0.name }),
            ("CALLS", lines.map { cells.count($0.calls) }),
        ]
        let optional: [(String, (BudgetReport.Line) -> Int64)] = [
            ("INPUT", \.usage.input), ("CACHE READ", \.usage.cacheRead), ("CACHE WRITE", \.usage.cacheWrite),
            ("OUTPUT", \.usage.output), ("REASONING", \.usage.reasoning),
        ]
        for (heading, value) in optional where value(report.total) > 0 {
            columns.append((heading, lines.map { cells.count(value($0)) }))
        }
        columns.append(("TOTAL", lines.map { cells.count($0.tokens) }))
        if report.total.estimatedTokens > 0 {
            columns.append(("ESTIMATED", lines.map { cells.count($0.estimatedTokens) }))
        }
        columns.append(("COST", lines.map { cells.money($0.costMicrodollars) }))
        return TextTable(
            columns.map(\.heading), lines.indices.map { row in columns.map { $0.cells[row] } },
            rightAligned: Set(1..<columns.count))
    }

    // MARK: Text

    func text(_ style: Style, isQuiet: Bool) -> String {
        var table = breakdown
        guard !isQuiet else { return table.text(style, showsHeadings: false) }
        guard report.hasLedger else {
            return "nothing was spent: there is no ledger yet (\(ledger)); a run creates it"
        }
        if let most = report.lines.map(\.tokens).max(), most > 0, let bar = screen.bar(beside: table.width) {
            table.headings.append("")
            for index in table.rows.indices {
                let isTotal = index >= report.lines.count
                table.rows[index].append(isTotal ? "" : bar.text(report.lines[index].tokens, of: most))
            }
        }
        var parts = [heading(style)]
        parts.append(report.lines.isEmpty ? "nothing was spent in this period" : table.text(style, showsHeadings: true))
        if report.omitted > 0 {
            let count = Amount.grouped(report.omitted)
            parts.append(style.dim("\(count) more are only in the total: choose a shorter period"))
        }
        return (parts + ["", standings(style)]).joined(separator: "\n")
    }

    private func heading(_ style: Style) -> String {
        let period = "\(LocalTime.text(report.since, zone: zone)) to \(LocalTime.text(report.until, zone: zone))"
        let hours = report.splitsHours ? "an hour counts towards the day in which it begins" : "whole hours"
        return style.dim("\(period) (\(report.timezone), \(hours))")
    }

    /// The running day and month of the organisation and of each group that has limits.
    private func standings(_ style: Style) -> String {
        let standings = report.pool + report.lines.flatMap(\.limits)
        let pace = "burn rate  \(Amount.grouped(report.burnRate.daily)) tokens a day in this period"
        guard !standings.isEmpty else {
            return pace + "\nno manaPool is set in guild.yaml: nothing limits the organisation"
        }
        let table = StandingTable(standings: standings, zone: zone, screen: screen, alerts: report.alerts)
        return pace + (report.pool.isEmpty ? "\nno manaPool is set in guild.yaml" : "") + "\n\n"
            + table.text(style)
    }
}

extension BudgetReport.Line {
    /// How the limit on the tokens of a running period stands.
    fileprivate func tokenLimit(_ period: BudgetCalendar.Period) -> BudgetStanding? {
        limits.first { $0.period == period && $0.unit == .tokens }
    }
}

extension BudgetReportResult.Document.Line {
    fileprivate init(_ line: BudgetReport.Line) {
        self.init(
            name: line.name, calls: line.calls, used: line.tokens, tokens: line.usage,
            costMicrodollars: line.costMicrodollars, estimated: line.estimatedTokens, reserved: line.reserved,
            limits: line.limits)
    }
}
