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
        let settings = options.settings()
        let now = settings.time.now
        let until = try duration.map { text throws(Failure) in
            guard let length = Durations.parse(text), length > .zero else {
                throw Failure(.usage, "--for '\(text)' is not a duration", hint: "write 30m, 4h or 2d")
            }
            return now + length
        }
        let change = try await AgentPausing(settings, agent: agent).pause(reason: reason, until: until)
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
        try output.renderer.print(try await AgentPausing(options.settings(), agent: agent).resume())
    }
}

/// What both commands do: find the agent, write to the ledger, name the person.
private struct AgentPausing {
    private let settings: Settings
    private let agent: AgentManifest
    private let commit: String

    init(_ settings: Settings, agent name: String) throws {
        self.settings = settings
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let snapshot = try inspection.codex().snapshot()
        guard let agent = snapshot.agent(name) else { throw HostedRun.unknownAgent(name, in: snapshot) }
        self.agent = agent
        commit = snapshot.commit
    }

    func pause(reason: String?, until: Timestamp?) async throws -> PauseResult {
        let ledger = try opened()
        defer { ledger.close() }
        let pause = try await ledger.pause(
            agent: agent.name, reason: reason, until: until, actor: actor, commit: commit, now: settings.time.now)
        return PauseResult(agent: agent.name, pause: pause, wasPaused: false)
    }

    func resume() async throws -> PauseResult {
        let ledger = try opened()
        defer { ledger.close() }
        let wasPaused = try await ledger.resume(
            agent: agent.name, actor: actor, commit: commit, now: settings.time.now)
        return PauseResult(agent: agent.name, pause: nil, wasPaused: wasPaused)
    }

    /// An agent may be paused before anything has run; the ledger is then made.
    private func opened() throws -> Ledger {
        try settings.openLedger(try Inspection.location(settings, for: .writing))
    }

    private var actor: String { "user:\(UserName.current)" }
}

struct PauseResult: CommandResult {
    let agent: String
    /// Nil once resumed.
    let pause: AgentPause?
    /// Of a resumed agent.
    let wasPaused: Bool

    var json: JSONValue {
        [
            "agent": .string(agent), "paused": .bool(pause != nil), "was_paused": .bool(wasPaused),
            "pause": pause?.json ?? .null,
        ]
    }

    var table: TextTable {
        TextTable(
            ["AGENT", "PAUSED", "SINCE", "UNTIL", "BY", "REASON"],
            [
                [
                    agent, String(pause != nil), pause?.since.rfc3339 ?? "", pause?.until?.rfc3339 ?? "",
                    pause?.actor ?? "",
                    pause?.reason ?? "",
                ]
            ])
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        if let pause { return "\(agent) is \(TextTable.printable(pause.text { LocalTime.text($0) }))" }
        return wasPaused ? "\(agent) is resumed" : "\(agent) was not paused"
    }
}
