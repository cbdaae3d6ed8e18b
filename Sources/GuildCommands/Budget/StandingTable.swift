import Foundation
package import GuildBudgets
import GuildCitadel
import GuildCodex
package import GuildDomain

extension BudgetStanding: JSONShape {
    /// One element of `budget_remaining` and of `limits` (docs/budget-report.md).
    package var json: JSONValue {
        [
            "account": .string(account), "period": .string(period.rawValue), "unit": .string(unit.rawValue),
            "limit": .integer(limit), "granted": .integer(granted), "used": .integer(used),
            "reserved": .integer(reserved), "remaining": .integer(remaining), "ends": .string(endsAt.rfc3339),
            "burn_rate_daily": .integer(rate.daily), "projected_exhaustion": .optional(projectedExhaustion),
        ]
    }
}

extension BudgetStanding.Unit {
    func text(_ amount: Int64) -> String { self == .tokens ? Amount.grouped(amount) : Money.dollars(amount) }
}

/// Current days and months as a table, with bars on a terminal.
struct StandingTable {
    let standings: [BudgetStanding]
    let zone: TimeZone
    let screen: Screen
    let alerts: GuildManifest.Alerts

    func text(_ style: Style) -> String {
        var table = TextTable(
            ["ACCOUNT", "PERIOD", "USED", "RESERVED", "LIMIT", "REMAINING", "PER DAY", "EXHAUSTED"],
            standings.map(row), rightAligned: [2, 3, 4, 5, 6])
        let share = "100 %".count
        guard let bar = screen.bar(beside: table.width + share + 2) else {
            return table.text(style, showsHeadings: true)
        }
        table.headings += ["", ""]
        for (index, standing) in standings.enumerated() {
            let drawn = bar.text(standing.committed, of: standing.limit)
            let percent = Int(min(999, standing.percentUsed.rounded()))
            table.rows[index] += ["\(percent) %", drawn]
        }
        table.rightAligned.insert(8)
        // Escape sequences have no width, so colour is added after the columns are laid out.
        let lines = table.text(.plain, showsHeadings: true).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().map { index, line in
            guard index > 0 else { return style.bold(String(line)) }
            let standing = standings[index - 1]
            return line.dropLast(bar.width) + painted(String(line.suffix(bar.width)), standing, style)
        }.joined(separator: "\n")
    }

    private func row(_ standing: BudgetStanding) -> [String] {
        let unit = standing.unit
        return [
            standing.account, standing.period.rawValue, unit.text(standing.used), unit.text(standing.reserved),
            unit.text(standing.limit), unit.text(standing.remaining), unit.text(standing.rate.daily),
            exhaustion(standing),
        ]
    }

    private func exhaustion(_ standing: BudgetStanding) -> String {
        guard let reached = standing.projectedExhaustion else { return "not at this rate" }
        return reached <= standing.now ? "now" : LocalTime.text(reached, zone: zone)
    }

    private func painted(_ text: String, _ standing: BudgetStanding, _ style: Style) -> String {
        let percent = standing.percentUsed
        return percent >= Double(alerts.red)
            ? style.red(text) : percent >= Double(alerts.yellow) ? style.yellow(text) : style.green(text)
    }
}
