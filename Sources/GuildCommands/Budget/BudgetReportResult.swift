import Foundation
import GuildCitadel
import GuildDomain
import GuildLedger

/// `MANA_REPORT_V1`, and the same as a table with bars.
struct BudgetReportResult: TabularResult {
    private static let barWidth = 20

    let report: BudgetReport
    /// The organisation's zone, in which its days begin.
    let zone: TimeZone
    let showsBars: Bool
    /// Where the ledger is, or would be.
    let ledger: String

    var emptyText: String { "nothing was spent in this period" }

    // MARK: JSON

    var json: JSONValue {
        [
            "protocol": .string(BudgetReport.protocol),
            "period": [
                "since": .string(report.since.rfc3339), "until": .string(report.until.rfc3339),
                "timezone": .string(report.timezone),
            ],
            "by": .string(report.grouping.rawValue), "breakdown": .array(report.lines.map(json)),
            "total": [
                "tokens": .integer(report.tokens), "cost_microdollars": .integer(report.costMicrodollars),
                "reserved": .integer(report.reserved),
            ],
            "budget_remaining": .array(report.pool.map(json)), "burn_rate_daily": .integer(report.burnRateDaily),
            "projected_exhaustion": .optional(report.projectedExhaustion),
        ]
    }

    private func json(_ line: BudgetReport.Line) -> JSONValue {
        [
            "name": .string(line.name), "calls": .integer(line.calls), "used": .integer(line.tokens),
            "tokens": report.grouping == .root ? .null : .tokens(line.usage),
            "cost_microdollars": .integer(line.costMicrodollars), "estimated": .integer(line.estimatedTokens),
            "reserved": .optional(line.reserved), "limits": .array(line.limits.map(json)),
        ]
    }

    private func json(_ standing: BudgetReport.Standing) -> JSONValue {
        [
            "period": .string(standing.period.rawValue), "limit": .integer(standing.limit),
            "used": .integer(standing.used), "reserved": .integer(standing.reserved),
            "remaining": .integer(standing.remaining), "ends": .string(standing.endsAt.rfc3339),
        ]
    }

    // MARK: Table

    func table(_ cells: CellFormat) -> TextTable {
        let rows = report.lines.map { line in
            let tightest = line.limits.min { $0.remaining < $1.remaining }
            return [
                shown(line.name), cells.count(line.calls), cells.count(line.tokens), cells.count(line.reserved),
                cells.text(tightest.map { "\(cells.count($0.limit))/\($0.period.rawValue)" }),
                cells.count(tightest?.remaining), cells.money(line.costMicrodollars),
            ]
        }
        return TextTable(
            [report.grouping.rawValue.uppercased(), "CALLS", "USED", "RESERVED", "LIMIT", "REMAINING", "COST"], rows,
            rightAligned: [1, 2, 3, 4, 5, 6])
    }

    private func shown(_ name: String) -> String { name.isEmpty ? "(none)" : name }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var table = table(.people(zone))
        if showsBars, let most = report.lines.map(\.tokens).max() {
            table.headings.append("SHARE")
            for (index, line) in report.lines.enumerated() {
                table.rows[index].append(Amount.bar(line.tokens, of: most, width: Self.barWidth))
            }
        }
        guard !isQuiet else { return table.rows.isEmpty ? "" : table.text(style, showsHeadings: false) }
        let period = "\(LocalTime.text(report.since, zone: zone)) to \(LocalTime.text(report.until, zone: zone))"
        var lines = [style.dim("\(period) (\(report.timezone), whole hours)")]
        if report.hasLedger {
            lines.append(table.rows.isEmpty ? emptyText : table.text(style, showsHeadings: true))
        } else {
            lines.append("nothing was spent: there is no ledger yet (\(ledger)); a run makes it")
        }
        return (lines + [""] + summary(style)).joined(separator: "\n")
    }

    private func summary(_ style: Style) -> [String] {
        let total = "total  \(Amount.grouped(report.tokens)) tokens, \(Money.dollars(report.costMicrodollars))"
        var lines = [total + (report.reserved > 0 ? ", \(Amount.grouped(report.reserved)) reserved" : "")]
        for standing in report.pool {
            let (used, limit) = (standing.used.addingSaturated(standing.reserved), standing.limit)
            let percent = limit > 0 ? min(999, Double(used) / Double(limit) * 100) : 0
            let text = "\(Amount.grouped(used)) of \(Amount.grouped(limit)) (\(Int(percent.rounded())) %)"
            let bar = showsBars ? painted(Amount.bar(used, of: limit, width: Self.barWidth), percent, style) + " " : ""
            lines.append(
                "this \(standing.period.rawValue)  \(bar)\(text), \(Amount.grouped(standing.remaining)) remain")
        }
        if report.pool.isEmpty { lines.append("no manaPool is set in guild.yaml: nothing limits the organisation") }
        lines.append("burn rate  \(Amount.grouped(report.burnRateDaily)) tokens a day")
        if let exhausted = report.projectedExhaustion {
            lines.append(style.yellow("at this pace the pool is empty at \(LocalTime.text(exhausted, zone: zone))"))
        } else if !report.pool.isEmpty {
            lines.append("at this pace the pool lasts")
        }
        return lines
    }

    private func painted(_ bar: String, _ percent: Double, _ style: Style) -> String {
        percent >= 95 ? style.red(bar) : percent >= 75 ? style.yellow(bar) : style.green(bar)
    }
}
