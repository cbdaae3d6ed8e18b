import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildConnectors
import GuildControl
import GuildDomain
import GuildLedger

struct SchedulePauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Suspends schedules for a while (audited).",
        discussion: """
            Occurrences due during the pause are skipped, not postponed; `guild schedule missed` lists them and `guild \
            schedule backfill` fires them. Pausing again sets a new end.
            """)

    static let longest = Duration.seconds(366 * 86_400)

    @OptionGroup var target: ScheduleArgument

    @Option(name: .customLong("for"), help: ArgumentHelp("For how long: 90m, 7d.", valueName: "duration"))
    var duration = "7d"

    @Option(help: ArgumentHelp("The reason (audited).", valueName: "text"))
    var reason: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard let length = Durations.parse(duration), length > .zero, length <= Self.longest else {
            throw Failure(
                .usage, "--for '\(duration)' is not a duration of up to 366 days", hint: "write 90m, 12h or 7d")
        }
        try await ScheduleRoom.opened(options.settings(), naming: target.schedule) { room in
            let selection = room.selection
            let pause = try await room.desk.pause(selection, for: length, reason: reason)
            try output.renderer.print(SchedulePausesResult(pauses: [pause], said: "paused \(pause.target)"))
        }
    }
}

struct ScheduleResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Ends pauses (audited).",
        discussion: """
            Schedules fire again from their next due time. Occurrences of the pause stay skipped. AGENT also resumes \
            schedules of that agent that were paused one by one. If something else still holds them, the command that \
            ends that is named.
            """)

    @OptionGroup var target: ScheduleArgument
    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ScheduleRoom.opened(options.settings(), naming: target.schedule) { room in
            let selection = room.selection
            let ended = try await room.desk.resume(selection)
            let left = try await room.desk.pauses(of: selection)
            let agents = Set(selection.entries.map(\.agent))
            let held = try await room.deployment.ledger.agents.pauses(now: room.deployment.time.now).values
                .filter { agents.contains($0.agent) }
            try output.renderer.print(
                SchedulePausesResult(
                    pauses: left,
                    said: ended.isEmpty
                        ? "was not paused: \(selection.target)" : "resumed \(ended.joined(separator: ", "))",
                    resumed: selection.target, agentPauses: Array(held)))
        }
    }
}

/// The codex and the ledger that a command on schedules works with.
struct ScheduleRoom {
    let deployment: Deployment
    let desk: ScheduleDesk
    /// The selected schedules.
    let selection: ScheduleSelection
    /// The codex in which they were found.
    let snapshot: CodexSnapshot

    /// Opens both, creating the ledger if there is none, finds the schedules of that name, and closes both when `body`
    /// returns.
    static func opened(
        _ settings: Settings, naming schedule: String, _ body: (ScheduleRoom) async throws -> Void
    ) async throws {
        let deployment = try await Deployment(settings, redactor: Redactor(), role: .writing)
        defer { deployment.close() }
        let (selection, snapshot) = try deployment.operated.find { try ScheduleSelection(schedule, in: $0) }
        let desk = ScheduleDesk(
            schedules: deployment.ledger.schedules, snapshot: snapshot, actor: settings.user,
            time: deployment.time)
        try await body(
            ScheduleRoom(deployment: deployment, desk: desk, selection: selection, snapshot: snapshot))
    }
}

/// The current pauses of the selected schedules.
struct SchedulePausesResult: ListResult {
    struct Row: Encodable, Sendable {
        let target: String
        let since: Timestamp
        let until: Timestamp
        let actor: String
        let reason: String?
    }

    let rows: [Row]
    /// The message for people.
    let said: String
    /// The schedules that were to be resumed; nil for a new pause.
    let resumed: String?
    /// Pauses of the agents themselves, which stop every run that a schedule would start.
    let agentPauses: [AgentPause]

    init(pauses: [SchedulePause], said: String, resumed: String? = nil, agentPauses: [AgentPause] = []) {
        self.resumed = resumed
        self.agentPauses = agentPauses
        rows = pauses.map {
            Row(target: $0.target, since: $0.since, until: $0.until, actor: $0.actor, reason: $0.reason)
        }
        self.said = said
    }

    var emptyText: String { said }

    var columns: [Column<Row>] {
        [
            .text("PAUSED", \.target), .time("SINCE", \.since), .time("UNTIL", \.until), .text("BY", \.actor),
            .optional("REASON", \.reason),
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !isQuiet else { return "" }
        let lines = rows.map { row in
            let pause = "\(row.target) is paused until \(LocalTime.text(row.until)) (\(row.actor))"
            return resumed.map { "\($0) stays paused: \(pause); guild schedule resume \(row.target)" } ?? pause
        }
        let agents = agentPauses.map {
            "\($0.agent) itself is \($0.text { LocalTime.text($0) }), so nothing runs: guild registry resume \($0.agent)"
        }
        return ([said] + lines + agents).map(TextTable.printable).joined(separator: "\n")
    }
}
