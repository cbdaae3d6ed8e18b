import ArgumentParser

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Backs up, restores and checks the ledger.",
        subcommands: [LedgerBackupCommand.self, LedgerRestoreCommand.self, LedgerCheckCommand.self])
}
