import ArgumentParser
import Foundation
import GuildBudgets
import GuildCitadel
import GuildCodex
import GuildDomain
import GuildLedger

struct BudgetForecastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast", abstract: "Forecasts usage and shows which limits it will exceed.",
        discussion: """
            Unscheduled usage follows the trend of the last four weeks (the mean, if there is less than one week of \
            data); schedules add one run of the usual size at each due time.
            """)

    @Option(help: ArgumentHelp("How far to look ahead.", valueName: "days"))
    var days = BudgetForecast.defaultDays

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let range = BudgetForecast.dayRange
        guard range.contains(days) else {
            throw ValidationError("--days \(days) is not between \(range.lowerBound) and \(range.upperBound)")
        }
    }

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let obeyed = try await context.obeyed()
        if let remark = obeyed.remark { context.settings.remark(remark) }
        let ledger = try context.ledger(orElse: .saidUnlessSeveral)
        let forecast = try await BudgetForecast.make(
            days: days, in: obeyed, budgets: ledger?.budgets, reports: ledger?.reports, now: context.now)
        try output.renderer.print(
            BudgetForecastResult(forecast: forecast, zone: Zones.named(obeyed.snapshot.guild.timezone) ?? .gmt))
    }
}
