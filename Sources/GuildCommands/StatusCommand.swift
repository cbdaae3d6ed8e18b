import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "One screen: components, queues, agents, ledger, codex, approvals.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let codex = try inspection.codex().load()
        let ledger = inspection.ledger
        let status = try await ledger?.status()
        let snapshot = codex.snapshot
        try output.renderer.print(
            StatusResult(
                codex: codex, ledger: status, ledgerPath: inspection.location.path,
                heads: try await ledger?.lastHeads(limit: Inspection.heads) ?? [],
                agents: snapshot.map { AgentListing.all(in: $0, ledger: status, filter: .init()) } ?? [],
                waiting: try await ledger?.approvals().count ?? 0,
                alerts: try await ledger?.alertsInForce(now: settings.time.now) ?? []))
    }
}
