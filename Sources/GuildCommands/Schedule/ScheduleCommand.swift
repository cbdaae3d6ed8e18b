import ArgumentParser

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Shows and controls the agents' schedules, and tries cron expressions.",
        subcommands: [
            ScheduleListCommand.self, ScheduleNextCommand.self, SchedulePreviewCommand.self,
            ScheduleMissedCommand.self, ScheduleTriggerCommand.self, ScheduleBackfillCommand.self,
            SchedulePauseCommand.self, ScheduleResumeCommand.self,
        ])
}

/// How a person names a schedule.
struct ScheduleArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "AGENT for all its schedules, AGENT/NAME for one, AGENT/NAME@PERSON for one person's.",
            valueName: "schedule"), completion: AgentNames.completion)
    var schedule: String
}
