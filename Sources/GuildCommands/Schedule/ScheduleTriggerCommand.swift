import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct ScheduleTriggerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "Fires a schedule now (audited).",
        discussion: """
            Fires regardless of a pause or an earlier run that is still active; the schedule's own due times stay the \
            same. `guild run AGENT` runs an agent without a schedule.
            """)

    @OptionGroup var target: ScheduleArgument
    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ScheduleRoom.opened(options.settings(), naming: target.schedule) { room in
            let selection = room.selection
            let schedules = Set(selection.entries.map(\.plan.name)).sorted()
            guard schedules.count == 1 else {
                throw Failure(
                    .usage, "\(selection.target) has \(Amount.counted(schedules.count, "schedule"))",
                    hint: "name one: \(schedules.prefix(20).joined(separator: ", "))")
            }
            let fired = try await room.desk.trigger(selection)
            let held = try await room.desk.holds(on: selection)
            try output.renderer.print(
                ScheduleFiredResult(firings: fired, held: held, alreadyText: "nothing was fired"))
        }
    }
}

struct ScheduleBackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Fires past occurrences that have not fired (audited).",
        discussion: """
            Due times that have fired are skipped, so repeating the command fires nothing twice. It reaches at most 31 \
            days back and fires at most 1000 due times at once, regardless of a pause or an active run; the agent's \
            maxConcurrent still applies.
            """)

    @OptionGroup var target: ScheduleArgument

    @Option(help: ArgumentHelp("The first due time that counts: 7d, 2026-11-22T08:30.", valueName: "time"))
    var from: String

    @Option(help: ArgumentHelp("The last one. Default: now.", valueName: "time"))
    var to: String?

    @Flag(help: "Show what would fire and its cost; fire nothing.")
    var dryRun = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let now = settings.time.now
        let start = try PointInTime.required(from, option: "--from", now: now, zone: .current)
        let end = try to.map { try PointInTime.required($0, option: "--to", now: now, zone: .current) } ?? now
        guard start <= end, end <= now else {
            throw Failure(
                .usage, "--from \(start.rfc3339) to \(end.rfc3339) is not a span in the past",
                hint: "`guild schedule preview` shows future due times")
        }
        try await ScheduleRoom.opened(settings, naming: target.schedule) { room in
            let selection = room.selection
            guard !dryRun else { return try await preview(selection, room, start, end) }
            let fired = try await room.desk.backfill(selection, from: start, to: end)
            let held = try await room.desk.holds(on: selection)
            try output.renderer.print(
                ScheduleFiredResult(firings: fired, held: held, alreadyText: "every occurrence has already fired"))
        }
    }

    private func preview(
        _ selection: ScheduleSelection, _ room: ScheduleRoom, _ start: Timestamp, _ end: Timestamp
    ) async throws {
        let unfired = try await room.desk.unfired(selection, from: start, to: end)
        let head = room.snapshot
        let agent = selection.entries.first.flatMap { head.agent($0.agent) }
        let limit = agent.map { head.limits(of: $0).perInvocation.value } ?? 0
        let mean =
            try await room.deployment.ledger.schedules.meanTokens(of: agent?.name ?? "")
            ?? RunMean(tokens: limit, runs: 0)
        try output.renderer.print(
            ScheduleUnfiredResult(
                due: unfired.map { DueTime(due: $0.dueAt, zone: $0.entry.zone, schedule: $0.entry.id) }, mean: mean))
    }
}

/// The firings that a person asked for.
struct ScheduleFiredResult: ListResult {
    struct Row: Encodable, Sendable {
        let schedule: String
        let due: Timestamp
        let event: EventID
        let fired: Bool
        /// The pause of the agent itself, because of which nothing runs, with the command that ends it.
        let pause: ScheduleHoldRow?
    }

    let rows: [Row]
    let emptyText: String
    private let agentPauses: [ScheduleHold]

    /// - Parameter held: the pauses of the schedules; those of schedules do not hold what a person fires.
    init(firings: [ScheduleDesk.Fired], held: [ScheduleHold], alreadyText: String) {
        agentPauses = held.filter(\.isOfAgent)
        let pause = agentPauses.first.map(ScheduleHoldRow.init)
        rows = firings.map {
            Row(
                schedule: $0.schedule, due: $0.dueAt, event: $0.event, fired: $0.outcome == .fired,
                pause: pause)
        }
        emptyText = alreadyText
    }

    var columns: [Column<Row>] {
        [
            .text("SCHEDULE", \.schedule), .time("DUE", \.due), .text("EVENT", \.event.description),
            .text("OUTCOME") { $0.fired ? "fired" : "already fired" },
            .optional("RESUME WITH", \.pause?.resume),
        ]
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !rows.isEmpty else { return isQuiet ? "" : emptyText }
        let lines = table(.local).text(style, showsHeadings: !isQuiet)
        guard !isQuiet else { return lines }
        return ([lines] + agentPauses.map { TextTable.printable($0.line) }).joined(separator: "\n")
    }
}

/// The firings of a backfill that would happen.
struct ScheduleUnfiredResult: CommandResult {
    let due: [DueTime]
    let mean: RunMean

    private var tokens: Int64 { mean.tokens.multipliedReportingOverflow(by: Int64(due.count)).partialValue }

    var emptyText: String { "every occurrence has already fired" }

    struct Document: Encodable {
        let runs: Int
        let tokensPerRun: Int64
        let meanOf: Int
        let tokens: Int64
        let due: [DueTime]
    }

    var document: Document {
        Document(runs: due.count, tokensPerRun: mean.tokens, meanOf: mean.runs, tokens: tokens, due: due)
    }

    var rows: [DueTime] { due }
    var columns: [Column<DueTime>] { DueTimesResult(times: due).columns }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !due.isEmpty else { return isQuiet ? "" : emptyText }
        let lines = table(.local).text(style, showsHeadings: !isQuiet)
        guard !isQuiet else { return lines }
        return lines
            + "\n\(Amount.counted(due.count, "run")) of about \(Amount.grouped(mean.tokens)) tokens: \(Amount.grouped(tokens))"
    }
}
