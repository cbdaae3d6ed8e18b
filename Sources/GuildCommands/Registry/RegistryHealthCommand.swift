import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct RegistryHealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Shows errors, latency and tokens of the agents over 24 hours.",
        discussion: """
            Degraded means that the last three invocations failed, paused that an operator paused the agent (`registry \
            pause`). Figures cover the newest 1,000 invocations of each agent; latency counts from the first start to \
            the end.
            """)

    @Argument(
        help: ArgumentHelp("Only these agents; default: all.", valueName: "agent"), completion: AgentNames.completion)
    var agents: [String] = []

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let snapshot = try await context.snapshot()
        var wanted: Set<String> = []
        for name in agents {
            guard let agent = snapshot.agent(name) else { throw snapshot.unknownAgent(name) }
            wanted.insert(agent.name)
        }
        try await WaitingSecrets.remark(of: snapshot, context)
        let all = try await AgentListing.all(
            in: snapshot, ledger: context.ledger(orElse: .saidUnlessSeveral)?.agents, now: context.now)
        try output.renderer.print(
            AgentHealthResult(agents: wanted.isEmpty ? all : all.filter { wanted.contains($0.agent.name) }))
    }
}

struct AgentHealthResult: ListResult {
    struct Row: Encodable, Sendable {
        let health: JSONValue
        let name: String
        let status: String
        let pause: AgentPause?
        let listing: AgentListing

        private enum CodingKeys: String, CodingKey {
            case health = ""
            case name, status, pause
        }

        init(_ listing: AgentListing) {
            self.listing = listing
            health = listing.healthJSON
            name = listing.agent.name
            status = listing.status.rawValue
            pause = listing.health.pause
        }
    }

    let rows: [Row]

    init(agents: [AgentListing]) { rows = agents.map(Row.init) }

    var emptyText: String { "the codex has no agents" }

    var columns: [Column<Row>] {
        [
            .text("NAME", \.name), .text("STATUS", \.status), .time("LAST STARTED", \.listing.health.lastStartedAt),
            .number("ENDED", \.listing.health.ended), .number("FAILED", \.listing.health.failed),
            .number("IN A ROW", \.listing.health.consecutiveFailures),
            .optional("P50 MS", isRightAligned: true) { $0.listing.health.medianMilliseconds.map { String($0) } },
            .optional("P95 MS", isRightAligned: true) { $0.listing.health.percentile95Milliseconds.map { String($0) } },
            .number("TOKENS", \.listing.health.tokens),
            Column("PAUSE") { row, cells in cells.text(row.pause?.text { cells.time($0) }) },
        ]
    }
}
