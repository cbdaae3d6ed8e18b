import ArgumentParser

struct DispatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dispatch", abstract: "Sends events through the dispatcher, and explains its decisions.",
        discussion: "`guild dispatch FILE` is short for `guild dispatch send FILE`.",
        subcommands: [
            DispatchSendCommand.self, DispatchMatchCommand.self, DispatchExplainCommand.self,
            DispatchQueueCommand.self, DispatchDeadLettersCommand.self, DispatchBacktestCommand.self,
        ], defaultSubcommand: DispatchSendCommand.self)
}
