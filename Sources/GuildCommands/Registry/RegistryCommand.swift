import ArgumentParser

struct RegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry", abstract: "Inspects and validates the codex; pauses and resumes agents.",
        subcommands: [
            RegistryListCommand.self, RegistryShowCommand.self, RegistryValidateCommand.self,
            RegistryConnectorsCommand.self, RegistryHealthCommand.self, RegistryTrustCommand.self,
            RegistryPauseCommand.self,
            RegistryResumeCommand.self, RegistryPlanCommand.self, RegistryHistoryCommand.self,
            RegistryRollbackCommand.self, RegistryInstallHookCommand.self, RegistryCheckPushCommand.self,
        ])
}
