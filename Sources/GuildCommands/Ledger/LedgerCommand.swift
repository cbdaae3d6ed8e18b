import ArgumentParser

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Backs up, restores, checks and prunes the ledger, and says which it is.",
        subcommands: [
            LedgerBackupCommand.self, LedgerRestoreCommand.self, LedgerCheckCommand.self, LedgerPruneCommand.self,
            LedgerUseCommand.self,
        ])
}
