import ArgumentParser

struct BudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "Shows what the agents spent and have left, and changes their budgets.",
        subcommands: [
            BudgetReportCommand.self, BudgetShowCommand.self, BudgetGrantCommand.self, BudgetThrottleCommand.self,
            BudgetVerifyCommand.self, BudgetForecastCommand.self,
        ])
}
