import ArgumentParser

struct RegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry", abstract: "Shows and validates what the codex holds: agents, tools, connectors.",
        subcommands: [
            RegistryListCommand.self, RegistryShowCommand.self, RegistryValidateCommand.self,
            RegistryPlanCommand.self, RegistryHistoryCommand.self, RegistryRollbackCommand.self,
            RegistryConnectorsCommand.self, RegistryInstallHookCommand.self, RegistryCheckPushCommand.self,
        ])
}
