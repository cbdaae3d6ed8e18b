import ArgumentParser
import GuildCitadel
import GuildDomain
import GuildLedger

struct BudgetShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one account: its limits, where they come from, and what is used.")

    @Argument(
        help: ArgumentHelp("organization, agent/NAME, chapter/NAME or invocation/ID.", valueName: "account"))
    var account: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let report = try await AccountReport.make(
            account, in: try await inspection.snapshot(), ledger: inspection.ledger, now: settings.time.now)
        try output.renderer.print(AccountResult(report: report))
    }
}

/// One account as JSON and as text.
struct AccountResult: CommandResult {
    let report: AccountReport

    var json: JSONValue {
        [
            "account": .string(report.account),
            "total": [
                "used": .integer(report.total?.used ?? 0), "reserved": .integer(report.total?.reserved ?? 0),
                "cost_microdollars": .integer(report.total?.usedCost ?? 0),
                "reserved_microdollars": .integer(report.total?.reservedCost ?? 0),
            ],
            "periods": .array(
                report.standings.map {
                    [
                        "period": .string($0.period.rawValue), "limit": .integer($0.limit), "used": .integer($0.used),
                        "reserved": .integer($0.reserved), "remaining": .integer($0.remaining),
                        "ends": .string($0.endsAt.rfc3339),
                    ]
                }),
            "limits": .array(report.limits.map(\.json)),
        ]
    }

    var table: TextTable {
        TextTable(["LIMIT", "VALUE", "FROM"], report.limits.map { [$0.name, $0.value(.machine), $0.origin] })
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        var lines = [style.bold(report.account)]
        let (used, cost) = (report.total?.used ?? 0, report.total?.usedCost ?? 0)
        lines.append("  used since the beginning  \(Amount.grouped(used)) tokens, \(Money.dollars(cost))")
        lines.append("  reserved now              \(Amount.grouped(report.total?.reserved ?? 0)) tokens")
        for standing in report.standings {
            lines.append(
                "  this \(standing.period.rawValue)  \(Amount.grouped(standing.used)) of "
                    + "\(Amount.grouped(standing.limit)), \(Amount.grouped(standing.remaining)) remain; "
                    + "ends \(LocalTime.text(standing.endsAt))")
        }
        guard !report.limits.isEmpty else { return (lines + ["  no limit of its own"]).joined(separator: "\n") }
        let rows = report.limits.map { ["  " + $0.name, $0.value(.local), $0.origin] }
        let limits = TextTable(["  LIMIT", "VALUE", "FROM"], rows).text(style, showsHeadings: !isQuiet)
        return lines.joined(separator: "\n") + "\n" + limits
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
