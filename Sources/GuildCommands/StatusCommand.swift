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
        let context = try options.context()
        defer { context.close() }
        let ledger = try context.ledger(orElse: .saidUnlessSeveral)
        let codex = try codex(context, hasLedger: ledger != nil)
        let status = try await ledger?.reports.status()
        let (waiting, damaged) = try await ledger?.actions.awaitingApproval() ?? ([], [])
        context.warn(of: damaged)
        var shown = codex.loaded?.snapshot
        // The agents that run are there whatever HEAD holds; without an accepted commit there are none to show.
        if shown == nil { shown = try? await context.acceptedSnapshot() }
        var agents: [AgentListing] = []
        var secrets: [SecretDesk.Entry] = []
        if let shown {
            agents = try await AgentListing.all(in: shown, ledger: ledger?.agents, now: context.now)
            secrets = try await context.waitingSecrets(of: shown)
        }
        try output.renderer.print(
            StatusResult(
                codex: codex, ledger: status, ledgerPath: context.location.path,
                heads: try await ledger?.codex.lastHeads(limit: CommandContext.heads) ?? [],
                loading: try await ledger?.codex.loadingCommits() ?? [], now: context.now,
                agents: agents,
                waiting: waiting.count, damage: damaged.map { "action \($0.id): \($0.fault.message)" },
                held: try await ledger?.events.heldStandings() ?? [],
                caps: CapStatus(
                    queues: try await ledger?.actions.capQueues() ?? [],
                    releases: try await ledger?.actions.capReleases(now: context.now) ?? []),
                dispatch: try await ledger?.dispatch.status(limit: 0, now: context.now),
                schedulePauses: try await ledger?.schedules.pauses(at: context.now) ?? [],
                secrets: secrets,
                lacking: shown.map(context.missingSecretFiles) ?? [],
                alerts: try await ledger?.budgets.alertsInForce(now: context.now) ?? []))
    }

    /// HEAD, or why it cannot be read: what runs is shown all the same. A revision that is named explicitly must be
    /// readable, and without a ledger there is nothing else to show.
    private func codex(_ context: CommandContext, hasLedger: Bool) throws -> StatusResult.CodexState {
        let access = try context.codex()
        do {
            return .loaded(try access.load())
        } catch let problem as CodexRepositoryError where access.isAtHead && hasLedger {
            return .unreadable(revision: access.revision, problem)
        }
    }
}
