import ArgumentParser

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Backs up, restores, checks and prunes the ledger.",
        subcommands: [
            LedgerBackupCommand.self, LedgerRestoreCommand.self, LedgerCheckCommand.self, LedgerPruneCommand.self,
        ])
}
