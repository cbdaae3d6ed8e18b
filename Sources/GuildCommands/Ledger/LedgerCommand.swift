import ArgumentParser

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Backs up, restores, checks, prunes and selects the ledger.",
        subcommands: [
            LedgerBackupCommand.self, LedgerRestoreCommand.self, LedgerCheckCommand.self, LedgerPruneCommand.self,
            LedgerUseCommand.self,
        ])
}
