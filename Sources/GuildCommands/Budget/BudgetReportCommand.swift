import ArgumentParser
import Foundation
import GuildBudgets
import GuildCitadel
import GuildCodex
import GuildDomain
import GuildLedger

extension UsageGrouping: ExpressibleByArgument {}

struct BudgetReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Reports tokens and money by agent, chapter, model, day or causal root.",
        discussion: """
            The period is rounded to hours. Without --since it begins with the current month in the organisation's \
            time zone; without --until it ends now. The JSON carries "protocol": "MANA_REPORT_V1".
            """)

    @Option(help: ArgumentHelp("agent, chapter, model, day or root.", valueName: "group"))
    var by: UsageGrouping = .agent

    @Option(help: ArgumentHelp("The start of the period: 7d, 2026-11-01 or RFC 3339.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("The end of the period.", valueName: "time"))
    var until: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let obeyed = try await context.obeyed()
        let now = context.now
        let snapshot = obeyed.snapshot
        if let remark = obeyed.remark { context.settings.remark(remark) }
        let zone = Zones.named(snapshot.guild.timezone) ?? .gmt
        let query = BudgetQuery(
            grouping: by,
            since: try since.map { try PointInTime.required($0, option: "--since", now: now, zone: zone) },
            until: try until.map { try PointInTime.required($0, option: "--until", now: now, zone: zone) })
        let ledger = try context.ledger(orElse: .saidUnlessSeveral)
        let report = try await BudgetReport.make(
            query, in: snapshot, budgets: ledger?.budgets, reports: ledger?.reports, now: now)
        try output.renderer.print(
            BudgetReportResult(report: report, zone: zone, screen: .current(), ledger: context.location.path))
    }
}
