import ArgumentParser
import GuildCitadel
import GuildDomain

struct AuditRejectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Refuses actions that wait; the agent is told the reason.")

    @Argument(help: ArgumentHelp("The ids of the actions.", valueName: "id"))
    var ids: [String]

    @Option(help: ArgumentHelp("Why; the agent reads it, and it is recorded.", valueName: "text"))
    var reason: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason must say something") }
    }

    func run() async throws {
        try await Rulings.give(ids, approve: false, reason: reason, options.settings(), output.renderer)
    }
}
