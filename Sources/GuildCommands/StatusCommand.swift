import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows components, queues, agents, ledger, codex and approvals on one screen.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let codex = try inspection.codex().load()
        let ledger = try inspection.ledger(orElse: .saidUnlessSeveral)
        let status = try await ledger?.status()
        var agents: [AgentListing] = []
        if let snapshot = codex.snapshot {
            agents = try await AgentListing.all(in: snapshot, ledger: ledger, now: settings.time.now)
        }
        var secrets: [SecretDesk.Entry] = []
        if let snapshot = codex.snapshot { secrets = try await inspection.waitingSecrets(of: snapshot) }
        try output.renderer.print(
            StatusResult(
                codex: codex, ledger: status, ledgerPath: inspection.location.path,
                heads: try await ledger?.lastHeads(limit: Inspection.heads) ?? [],
                loading: try await ledger?.loadingCommits() ?? [], now: settings.time.now,
                agents: agents,
                waiting: try await ledger?.approvals().count ?? 0,
                held: try await ledger?.heldStandings() ?? [],
                caps: CapStatus(
                    queues: try await ledger?.capQueues() ?? [],
                    releases: try await ledger?.capReleases(now: settings.time.now) ?? []),
                dispatch: try await ledger?.dispatchStatus(limit: 0, now: settings.time.now),
                schedulePauses: try await ledger?.schedulePauses(at: settings.time.now) ?? [],
                secrets: secrets,
                alerts: try await ledger?.alertsInForce(now: settings.time.now) ?? []))
    }
}
