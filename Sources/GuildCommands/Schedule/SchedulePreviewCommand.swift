import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct SchedulePreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Forecasts the scheduled runs in a span of time, and their tokens.",
        discussion: """
            The forecast assumes that a run needs the mean of the agent's last 50 runs that called a model, or its \
            perInvocation limit if there are none. Due times within a current pause are counted as PAUSED; the effect \
            of overlap is unknown.
            """)

    private static let longest = Duration.seconds(366 * 86_400)
    private static let usual = Duration.seconds(7 * 86_400)

    @Argument(
        help: ArgumentHelp("Only these: AGENT, AGENT/NAME or AGENT/NAME@PERSON.", valueName: "schedule"),
        completion: AgentNames.completion)
    var schedule: String?

    @Option(help: ArgumentHelp("The first due time that counts. Default: now.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("The last one; 30d means 30 days after --from. Default: 7d.", valueName: "time"))
    var to: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let now = settings.time.now
        let start = try from.map { try PointInTime.required($0, option: "--from", now: now, zone: .current) } ?? now
        let end = try to.map { try Self.end($0, after: start, now: now) } ?? start + Self.usual
        guard start <= end, end - start <= Self.longest else {
            throw Failure(
                .usage, "--from \(start.rfc3339) --to \(end.rfc3339) is not a span of up to 366 days",
                hint: start > end ? "--to comes after --from" : "take a shorter span")
        }
        let context = try CommandContext(settings)
        defer { context.close() }
        let snapshot = try await context.snapshot()
        let entries =
            try schedule.map { try ScheduleSelection($0, in: snapshot).entries } ?? ScheduleEntry.all(in: snapshot)
        let ledger = try context.ledger(orElse: .said)
        let forecasts = try await ScheduleForecast.make(
            entries, in: snapshot, schedules: ledger?.schedules, agents: ledger?.agents, from: start, to: end, now: now)
        try output.renderer.print(SchedulePreviewResult(forecasts: forecasts, from: start, to: end))
    }

    private static func end(_ text: String, after start: Timestamp, now: Timestamp) throws -> Timestamp {
        if let length = Durations.parse(text) { return start + length }
        return try PointInTime.required(text, option: "--to", now: now, zone: .current)
    }
}

struct SchedulePreviewResult: CommandResult {
    struct Document: Encodable {
        let from: Timestamp
        let to: Timestamp
        let runs: Int
        let tokens: Int64
        let complete: Bool
        let schedules: [Row]
    }

    struct Row: Encodable, Sendable {
        let schedule: String
        let agent: String
        let runs: Int
        let paused: Int
        let complete: Bool
        let first: Timestamp?
        let last: Timestamp?
        let tokensPerRun: Int64
        let meanOf: Int
        let tokens: Int64
        /// The pauses that hold some of them, with the commands that end them.
        let pauses: [ScheduleHoldRow]
    }

    let document: Document
    /// Of all schedules, each once.
    private let holds: [ScheduleHold]
    var rows: [Row] { document.schedules }

    init(forecasts: [ScheduleForecast], from: Timestamp, to: Timestamp) {
        var seen: Set<ScheduleHold> = []
        holds = forecasts.flatMap(\.holds).filter { seen.insert($0).inserted }
        let tokens = forecasts.reduce(Int64(0)) { sum, forecast in
            let (total, overflow) = sum.addingReportingOverflow(forecast.tokens)
            return overflow ? .max : total
        }
        document = Document(
            from: from, to: to, runs: forecasts.reduce(0) { $0 + $1.runs }, tokens: tokens,
            complete: forecasts.allSatisfy(\.isComplete),
            schedules: forecasts.map { forecast in
                Row(
                    schedule: forecast.schedule, agent: forecast.agent, runs: forecast.runs, paused: forecast.paused,
                    complete: forecast.isComplete, first: forecast.first, last: forecast.last,
                    tokensPerRun: forecast.tokensPerRun, meanOf: forecast.meanOf, tokens: forecast.tokens,
                    pauses: forecast.holds.map(ScheduleHoldRow.init))
            })
    }

    var emptyText: String { "no agent has a cron trigger" }

    var columns: [Column<Row>] {
        [
            .text("SCHEDULE", \.schedule), .count("RUNS") { Int64($0.runs) }, .count("PAUSED") { Int64($0.paused) },
            .time("FIRST", \.first), .time("LAST", \.last), .count("TOKENS/RUN", \.tokensPerRun),
            .text("TAKEN FROM", Self.source), .count("TOKENS", \.tokens),
        ]
    }

    /// The source of the estimate for a run.
    private static func source(_ forecast: Row) -> String {
        forecast.meanOf == 0 ? "perInvocation" : Amount.counted(forecast.meanOf, "run")
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !rows.isEmpty else { return isQuiet ? "" : emptyText }
        let lines = table(.local).text(style, showsHeadings: !isQuiet)
        guard !isQuiet else { return lines }
        let more = document.complete ? "" : "at least "
        return lines
            + "\n\(more)\(Amount.counted(document.runs, "run")), about \(Amount.grouped(document.tokens)) tokens"
            + holds.map { "\n" + TextTable.printable($0.line) }.joined()
    }
}
