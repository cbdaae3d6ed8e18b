import ArgumentParser
import GuildCitadel
import GuildDomain

struct AuditRejectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Rejects waiting actions; the agent learns the reason (audited).")

    @Argument(help: ArgumentHelp("The ids of the actions.", valueName: "id"))
    var ids: [String]

    @Option(help: ArgumentHelp("The reason; the agent reads it (audited).", valueName: "text"))
    var reason: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason is empty") }
    }

    func run() async throws {
        try await Rulings.give(ids, approve: false, reason: reason, options.settings(), output.renderer)
    }
}
