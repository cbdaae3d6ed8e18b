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
            try output.renderer.print(SchedulePauseResult(pause))
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
            let held = try await room.desk.holds(on: selection)
            try output.renderer.print(ScheduleResumeResult(target: selection.target, ended: ended, held: held))
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
            schedules: deployment.ledger.schedules, agents: deployment.ledger.agents, snapshot: snapshot,
            actor: settings.user, time: deployment.time)
        try await body(
            ScheduleRoom(deployment: deployment, desk: desk, selection: selection, snapshot: snapshot))
    }
}

/// A new pause of schedules.
struct SchedulePauseResult: ListResult {
    struct Row: Encodable, Sendable {
        let target: String
        let since: Timestamp
        let until: Timestamp
        let actor: String
        let reason: String?
    }

    let rows: [Row]

    init(_ pause: SchedulePause) {
        rows = [
            Row(
                target: pause.target, since: pause.since, until: pause.until, actor: pause.actor, reason: pause.reason)
        ]
    }

    var columns: [Column<Row>] {
        [
            .text("PAUSED", \.target), .time("SINCE", \.since), .time("UNTIL", \.until), .text("BY", \.actor),
            .optional("REASON", \.reason),
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !isQuiet else { return "" }
        return rows.flatMap { row in
            [
                "paused \(row.target)",
                "\(row.target) is paused until \(LocalTime.text(row.until)) (\(row.actor))",
            ]
        }.map(TextTable.printable).joined(separator: "\n")
    }
}
