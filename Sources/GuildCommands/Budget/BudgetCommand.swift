import ArgumentParser

struct BudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget", abstract: "Shows what the agents spent, and what is left.",
        subcommands: [BudgetReportCommand.self, BudgetShowCommand.self, BudgetForecastCommand.self])
}
