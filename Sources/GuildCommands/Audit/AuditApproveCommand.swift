import ArgumentParser
import GuildCitadel
import GuildDomain

struct AuditApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Approves waiting actions (audited).")

    @Argument(help: ArgumentHelp("The ids of the actions.", valueName: "id"))
    var ids: [String]

    @Option(help: ArgumentHelp("The reason (audited).", valueName: "text"))
    var reason: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Rulings.give(ids, approve: true, reason: reason, options.settings(), output.renderer)
    }
}
