import Foundation
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

    // MARK: JSON

    var json: JSONValue {
        [
            "protocol": .string(BudgetReport.protocol),
            "period": [
                "since": .string(report.since.rfc3339), "until": .string(report.until.rfc3339),
                "timezone": .string(report.timezone),
            ],
            "by": .string(report.grouping.rawValue), "breakdown": .array(report.lines.map(json)),
            "omitted": .integer(report.omitted),
            "total": [
                "calls": .integer(report.total.calls), "tokens": .integer(report.total.tokens),
                "classes": .tokens(report.total.usage), "cost_microdollars": .integer(report.total.costMicrodollars),
                "estimated": .integer(report.total.estimatedTokens), "reserved": .optional(report.total.reserved),
            ],
            "budget_remaining": .array(report.pool.map(\.json)), "burn_rate_daily": .integer(report.burnRate.daily),
            "projected_exhaustion": .optional(report.projectedExhaustion),
        ]
    }

    private func json(_ line: BudgetReport.Line) -> JSONValue {
        [
            "name": .string(line.name), "calls": .integer(line.calls), "used": .integer(line.tokens),
            "tokens": .tokens(line.usage), "cost_microdollars": .integer(line.costMicrodollars),
            "estimated": .integer(line.estimatedTokens), "reserved": .optional(line.reserved),
            "limits": .array(line.limits.map(\.json)),
        ]
    }

    // MARK: Rows

    /// Every column, whether it has anything or not: programs count on them.
    var table: TextTable {
        let cells = CellFormat.machine
        let rows = report.lines.map { line in
            func standing(_ period: BudgetCalendar.Period) -> BudgetStanding? {
                line.limits.first { $0.period == period && $0.unit == .tokens }
            }
            let (day, month) = (standing(.day), standing(.month))
            return [line.name, cells.count(line.calls)] + Self.classes(line.usage).map { cells.count($0) }
                + [
                    cells.count(line.tokens), cells.money(line.costMicrodollars), cells.count(line.estimatedTokens),
                    cells.count(line.reserved), cells.count(day?.limit), cells.count(day?.remaining),
                    cells.count(month?.limit), cells.count(month?.remaining),
                ]
        }
        return TextTable(
            [
                report.grouping.rawValue, "calls", "input", "cache_read", "cache_write", "output", "reasoning", "total",
                "cost", "estimated", "reserved", "day_limit", "day_remaining", "month_limit", "month_remaining",
            ], rows)
    }

    private static func classes(_ usage: TokenUsage) -> [Int64] {
        [usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning]
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
