import ArgumentParser
import GuildCitadel
import GuildControl
import GuildDomain
import GuildLedger

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Ends runs: at once, or at their next safe point (audited).",
        discussion: """
            A run that no worker holds ends at once, with its actions that have not begun. One that runs ends at its \
            next safe point: a model call under way is cut off and settled, an action under way is finished. What was \
            reserved for calls that were not sent is returned. Events that are not decided yet may start new runs: \
            `guild registry pause` stops those of an agent.

            Examples:
              guild cancel 01KAZ3
              guild cancel --agent triage --reason "wrong prompt"
              guild cancel --root 01KAZ2
            """)

    /// The most runs that one command cancels.
    private static let maximumCount = 10_000

    @Argument(help: ArgumentHelp("The ids of the runs, or unique prefixes.", valueName: "run"))
    var runs: [String] = []

    @Option(
        help: ArgumentHelp("All runs of this agent that have not ended.", valueName: "agent"),
        completion: AgentNames.completion)
    var agent: String?

    @Option(
        help: ArgumentHelp(
            "All runs that have not ended of the causal chain that this event, run or action belongs to.",
            valueName: "id"))
    var root: String?

    @Option(help: ArgumentHelp("The reason (audited).", valueName: "text"))
    var reason: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard [!runs.isEmpty, agent != nil, root != nil].count(where: { $0 }) == 1 else {
            throw ValidationError("name the runs, or give --agent or --root, and only one of these")
        }
    }

    func run() async throws {
        let context = try options.context(for: .writing)
        defer { context.close() }
        let ledger = try context.requiredLedger()
        var wanted = try await wanted(in: ledger.reports, ledger.agents)
        let isCut = wanted.count > Self.maximumCount
        wanted = Array(wanted.prefix(Self.maximumCount))
        let result = try await CancelResult.cancel(
            wanted, reason: reason, actor: context.actor, now: context.now, in: ledger.invocations)
        if !result.rows.isEmpty || result.failures.isEmpty { try output.renderer.print(result) }
        if isCut { context.settings.remark("only \(Self.maximumCount) runs were cancelled: repeat the command") }
        if let failure = Failure.together(result.failures) { throw failure }
    }

    /// Finds all of them before any is cancelled.
    private func wanted(in reports: ReportLedger, _ agents: AgentLedger) async throws -> [InvocationID] {
        var filter = RunFilter()
        if let agent {
            let name = agent.lowercased()
            guard try await agents.isKnown(name) else {
                throw Failure(
                    .usage, "the ledger has no run of an agent '\(ScreenText.line(agent))'",
                    hint: "`guild ps -a` lists the runs with their agents")
            }
            filter.agent = name
        } else if let root {
            filter.root = try await Causality.root(of: root, in: reports)
        } else {
            return try await named(in: reports)
        }
        return try await reports.runs(filter, limit: Self.maximumCount + 1).map(\.id)
    }

    private func named(in reports: ReportLedger) async throws -> [InvocationID] {
        var found: [InvocationID] = []
        var failures: [any GuildError] = []
        for text in runs {
            do {
                let id = try await WrittenID.resolve(text, of: [.invocation], in: reports)
                // One that is named twice is meant once.
                if let id = InvocationID(id), !found.contains(id) { found.append(id) }
            } catch let failure as any GuildError where failure.kind == .usage {
                failures.append(failure)
            }
        }
        if let failure = Failure.together(failures) { throw failure }
        return found
    }
}
