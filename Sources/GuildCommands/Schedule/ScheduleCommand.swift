import ArgumentParser

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Shows the agents' schedules, and tries cron expressions.",
        subcommands: [ScheduleListCommand.self, ScheduleNextCommand.self])
}
