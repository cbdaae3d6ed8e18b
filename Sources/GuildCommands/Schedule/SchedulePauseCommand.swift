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
        try await ScheduleRoom.opened(options.settings()) { room in
            let selection = try room.selection(target.schedule)
            let pause = try await room.desk.pause(selection, for: length, reason: reason)
            try output.renderer.print(SchedulePausesResult(pauses: [pause], said: "paused \(pause.target)"))
        }
    }
}

struct ScheduleResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Ends a pause (audited).",
        discussion: "Schedules fire again from their next due time. Occurrences of the pause stay skipped.")

    @OptionGroup var target: ScheduleArgument
    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ScheduleRoom.opened(options.settings()) { room in
            let selection = try room.selection(target.schedule)
            let wasPaused = try await room.desk.resume(selection)
            let left = try await room.desk.pauses(of: selection)
            let verb = wasPaused ? "resumed" : "was not paused:"
            try output.renderer.print(SchedulePausesResult(pauses: left, said: "\(verb) \(selection.target)"))
        }
    }
}

/// The codex and the ledger that a command on schedules works with.
struct ScheduleRoom {
    let deployment: Deployment
    let desk: ScheduleDesk

    /// Opens both, creating the ledger if there is none, and closes them when `body` returns.
    static func opened(_ settings: Settings, _ body: (ScheduleRoom) async throws -> Void) async throws {
        let deployment = try await Deployment(settings, redactor: Redactor(), role: .writing)
        defer { deployment.close() }
        let desk = ScheduleDesk(
            schedules: deployment.ledger.schedules, snapshot: deployment.asked, actor: settings.user,
            time: deployment.time)
        try await body(ScheduleRoom(deployment: deployment, desk: desk))
    }

    func selection(_ text: String) throws -> ScheduleSelection {
        try ScheduleSelection(text, in: deployment.asked)
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

    init(pauses: [SchedulePause], said: String) {
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
        let lines = rows.map { "\($0.target) is paused until \(LocalTime.text($0.until)) (\($0.actor))" }
        return ([said] + lines).joined(separator: "\n")
    }
}
