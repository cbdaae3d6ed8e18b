import ArgumentParser
import GuildBudgets
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct RegistryShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one agent: its manifest, tools, triggers, and the limits in force.")

    @Argument(help: ArgumentHelp("The agent's name.", valueName: "agent"), completion: AgentNames.completion)
    var agent: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let obeyed = try await context.obeyed()
        let snapshot = obeyed.draft ?? obeyed.snapshot
        guard let manifest = snapshot.agent(agent) else { throw snapshot.unknownAgent(agent) }
        let listing = try await AgentListing.one(
            manifest, ledger: context.ledger(orElse: .said)?.agents, now: context.now)
        try output.renderer.print(
            AgentResult(agent: manifest, listing: listing, snapshot: snapshot, obeyed: obeyed))
    }
}
