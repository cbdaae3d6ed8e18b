import Foundation
import GuildCitadel
import GuildCodex
import GuildDomain
import GuildLedger

/// One account as JSON and as text.
struct AccountResult: CommandResult {
    let report: AccountReport
    /// The organisation's.
    let zone: TimeZone
    let screen: Screen
    let alerts: GuildManifest.Alerts

    var json: JSONValue {
        [
            "account": .string(report.account.description),
            "total": [
                "used": .integer(report.total?.used ?? 0), "reserved": .integer(report.total?.reserved ?? 0),
                "cost_microdollars": .integer(report.total?.usedCost ?? 0),
                "reserved_microdollars": .integer(report.total?.reservedCost ?? 0),
            ],
            "periods": .array(report.standings.map(\.json)),
            "limits": .array(report.limits.map(\.json)),
        ]
    }

    var table: TextTable {
        TextTable(["LIMIT", "VALUE", "FROM"], report.limits.map { [$0.name, $0.value(.machine), $0.origin] })
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = [style.bold(report.account.description)]
        let (used, cost) = (report.total?.used ?? 0, report.total?.usedCost ?? 0)
        lines.append("  used since the beginning  \(Amount.grouped(used)) tokens, \(Money.dollars(cost))")
        lines.append("  reserved now              \(Amount.grouped(report.total?.reserved ?? 0)) tokens")
        if !report.standings.isEmpty {
            lines.append("")
            lines.append(
                StandingTable(standings: report.standings, zone: zone, screen: screen, alerts: alerts).text(style))
        }
        guard !report.limits.isEmpty else { return (lines + ["  no limit of its own"]).joined(separator: "\n") }
        let rows = report.limits.map { [$0.name, $0.value(.local), $0.origin] }
        let limits = TextTable(["LIMIT", "VALUE", "FROM"], rows).text(style, showsHeadings: !isQuiet)
        return lines.joined(separator: "\n") + "\n\n" + limits
    }
}

extension AccountReport.Limit {
    func value(_ cells: CellFormat) -> String {
        switch amount {
        case .tokens(let count): cells.count(count)
        case .microdollars(let money): cells.money(money)
        }
    }

    var json: JSONValue {
        let (unit, value) =
            switch amount {
            case .tokens(let count): ("tokens", count)
            case .microdollars(let money): ("microdollars", money)
            }
        return ["name": .string(name), "value": .integer(value), "unit": .string(unit), "from": .string(origin)]
    }
}
