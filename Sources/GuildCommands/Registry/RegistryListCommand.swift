import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct RegistryListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the agents with their status.")

    @Option(help: ArgumentHelp("Only agents of this role (`spec.type`).", valueName: "type"))
    var type: String?

    @Option(help: ArgumentHelp("Only agents of this chapter.", valueName: "chapter"))
    var chapter: String?

    @Option(help: ArgumentHelp("Only agents with this capability.", valueName: "capability"))
    var capability: String?

    @Option(help: ArgumentHelp("active, dormant, degraded or paused.", valueName: "status"))
    var status: AgentStatus?

    @Option(help: ArgumentHelp("Only agents with this label: key=value, or key alone.", valueName: "label"))
    var label: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let snapshot = try await context.snapshot()
        let filter = AgentListing.Filter(
            role: type, chapter: chapter, capability: capability, status: status?.rawValue, label: label)
        let ledger = try context.ledger(orElse: .said)
        try output.renderer.print(
            AgentListResult(
                agents: try await AgentListing.all(
                    in: snapshot, ledger: ledger?.agents, filter: filter, now: context.now),
                total: snapshot.agents.count, hasLedger: ledger != nil))
    }
}

enum AgentStatus: String, ExpressibleByArgument, CaseIterable {
    case active, dormant, degraded, paused
}

struct AgentListResult: ListResult {
    let agents: [AgentListing]
    /// Agents of the codex, listed or not.
    let total: Int
    let hasLedger: Bool

    var emptyText: String {
        switch total {
        case 0: "the codex has no agents"
        case 1: "the only agent does not match; remove a filter"
        default: "none of the \(total) agents matches; remove a filter"
        }
    }

    var rows: [AgentListing] { agents }
    var columns: [Column<AgentListing>] { Self.columns }

    static let columns: [Column<AgentListing>] = [
        .text("NAME", \.agent.name), .text("TYPE", \.agent.role), .optional("CHAPTER", \.agent.chapter),
        .optional("VERSION") { $0.agent.version.map { "\($0)" } }, .text("STATUS", \.status.rawValue),
        .number("RUNNING", \.running), .number("QUEUED", \.queued), .number("WAITING", \.waiting),
        .optional("LAST", \.health.lastState), .time("LAST ENDED", \.health.lastEndedAt),
    ]

    func text(_ style: Style, isQuiet: Bool) -> String {
        let table = table(.local)
        guard !table.rows.isEmpty else { return isQuiet ? "" : emptyText }
        let note = hasLedger || isQuiet ? "" : "\n" + style.dim("there is no ledger yet, so nothing has run")
        return table.text(style, showsHeadings: !isQuiet) + note
    }
}
