import ArgumentParser

struct BudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "Shows what the agents spent and what is left, and changes what they may spend.",
        subcommands: [
            BudgetReportCommand.self, BudgetShowCommand.self, BudgetGrantCommand.self, BudgetThrottleCommand.self,
            BudgetVerifyCommand.self, BudgetForecastCommand.self,
        ])
}
