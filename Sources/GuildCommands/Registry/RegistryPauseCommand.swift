import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct RegistryPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stops dispatching to an agent until it is resumed.",
        discussion: """
            Queued and running work continues; events that would have called the agent are recorded with the decision \
            `paused`. `guild run` still runs it.
            """)

    @Argument(help: ArgumentHelp("The agent's name.", valueName: "agent"), completion: AgentNames.completion)
    var agent: String

    @Option(help: ArgumentHelp("The reason; recorded and shown.", valueName: "text"))
    var reason: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("How long. Default: until resumed.", valueName: "duration"))
    var duration: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let now = options.settings().time.now
        let until = try duration.map { text throws(Failure) in
            guard let length = Durations.parse(text), length > .zero else {
                throw Failure(.usage, "--for '\(text)' is not a duration", hint: "write 30m, 4h or 2d")
            }
            return now + length
        }
        let context = try options.context(for: .writing)
        defer { context.close() }
        let change = try await AgentPausing(context, agent: agent).pause(reason: reason, until: until)
        try output.renderer.print(change)
    }
}

struct RegistryResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Ends the pause of an agent.")

    @Argument(help: ArgumentHelp("The agent's name.", valueName: "agent"), completion: AgentNames.completion)
    var agent: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context(for: .writing)
        defer { context.close() }
        try output.renderer.print(try await AgentPausing(context, agent: agent).resume())
    }
}

/// The common part of both commands: find the agent, in the ledger if no codex can be read, write to the ledger, which is
/// created if nothing has run yet, and name the person.
private struct AgentPausing {
    private let context: CommandContext
    private let agent: String
    /// Nil if no codex can be read.
    private let commit: String?

    init(_ context: CommandContext, agent name: String) async throws {
        self.context = context
        switch try await context.obeyedIfReadable() {
        case .success(let obeyed):
            let found = try context.operated(obeyed).find { snapshot in
                guard let agent = snapshot.agent(name) else { throw snapshot.unknownAgent(name) }
                return agent.name
            }
            agent = found.value
            commit = found.snapshot.commit
        case .failure(let problem):
            guard let known = try await Self.known(name, to: context) else { throw problem }
            context.tellNoCodex(problem, using: "the ledger knows the agent \(known)")
            agent = known
            commit = nil
        }
    }

    /// The agent's name as its runs and pauses have it; nil if it has none.
    private static func known(_ name: String, to context: CommandContext) async throws -> String? {
        let agents = try context.ledger(orElse: .quiet)?.agents
        for spelling in [name, name.lowercased()] where try await agents?.isKnown(spelling) == true {
            return spelling
        }
        return nil
    }

    func pause(reason: String?, until: Timestamp?) async throws -> PauseResult {
        try await context.withMadeLedger { ledger in
            let pause = try await ledger.agents.pause(
                agent: agent, reason: reason, until: until, actor: context.actor, commit: commit,
                now: context.now)
            return PauseResult(agent: agent, pause: pause, wasPaused: false)
        }
    }

    func resume() async throws -> PauseResult {
        try await context.withMadeLedger { ledger in
            let wasPaused = try await ledger.agents.resume(
                agent: agent, actor: context.actor, commit: commit, now: context.now)
            return PauseResult(agent: agent, pause: nil, wasPaused: wasPaused)
        }
    }
}

struct PauseResult: RecordResult {
    let agent: String
    let paused: Bool
    /// Of a resumed agent.
    let wasPaused: Bool
    /// Nil once resumed.
    let pause: AgentPause?

    init(agent: String, pause: AgentPause?, wasPaused: Bool) {
        self.agent = agent
        paused = pause != nil
        self.wasPaused = wasPaused
        self.pause = pause
    }

    var columns: [Column<PauseResult>] {
        [
            .text("AGENT", \.agent), .flag("PAUSED", \.paused), .time("SINCE", \.pause?.since),
            .time("UNTIL", \.pause?.until), .text("BY") { $0.pause?.actor ?? "" },
            .text("REASON") { $0.pause?.reason ?? "" },
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        if let pause { return "\(agent) is \(TextTable.printable(pause.text { LocalTime.text($0) }))" }
        return wasPaused ? "\(agent) is resumed" : "\(agent) was not paused"
    }
}
