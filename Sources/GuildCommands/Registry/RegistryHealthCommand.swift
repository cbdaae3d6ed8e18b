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
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let snapshot = try inspection.codex().snapshot()
        var wanted: Set<String> = []
        for name in agents {
            guard let agent = snapshot.agent(name) else { throw HostedRun.unknownAgent(name, in: snapshot) }
            wanted.insert(agent.name)
        }
        try await WaitingSecrets.remark(of: snapshot, inspection)
        let all = try await AgentListing.all(
            in: snapshot, ledger: inspection.ledger(orElse: .saidUnlessSeveral), now: settings.time.now)
        try output.renderer.print(
            AgentHealthResult(agents: wanted.isEmpty ? all : all.filter { wanted.contains($0.agent.name) }))
    }
}

struct AgentHealthResult: TabularResult {
    let agents: [AgentListing]

    var emptyText: String { "the codex has no agents" }

    var json: JSONValue {
        .array(
            agents.map { listing in
                var object = listing.healthJSON.object ?? JSONObject()
                object["name"] = .string(listing.agent.name)
                object["status"] = .string(listing.status.rawValue)
                object["pause"] = listing.health.pause?.json ?? .null
                return .object(object)
            })
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["NAME", "STATUS", "LAST STARTED", "ENDED", "FAILED", "IN A ROW", "P50 MS", "P95 MS", "TOKENS", "PAUSE"],
            agents.map { listing in
                let health = listing.health
                return [
                    listing.agent.name, listing.status.rawValue, cells.time(health.lastStartedAt), String(health.ended),
                    String(health.failed), String(health.consecutiveFailures),
                    cells.text(health.medianMilliseconds.map { String($0) }),
                    cells.text(health.percentile95Milliseconds.map { String($0) }), String(health.tokens),
                    cells.text(health.pause?.text { cells.time($0) }),
                ]
            }, rightAligned: [3, 4, 5, 6, 7, 8])
    }
}
