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
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let snapshot = try inspection.codex().snapshot()
        let entries =
            try schedule.map { try ScheduleSelection($0, in: snapshot).entries } ?? ScheduleEntry.all(in: snapshot)
        let forecasts = try await ScheduleForecast.make(
            entries, in: snapshot, ledger: inspection.ledger(orElse: .said), from: start, to: end, now: now)
        try output.renderer.print(SchedulePreviewResult(forecasts: forecasts, from: start, to: end))
    }

    private static func end(_ text: String, after start: Timestamp, now: Timestamp) throws -> Timestamp {
        if let length = Durations.parse(text) { return start + length }
        return try PointInTime.required(text, option: "--to", now: now, zone: .current)
    }
}

struct SchedulePreviewResult: TabularResult {
    let forecasts: [ScheduleForecast]
    let from: Timestamp
    let to: Timestamp

    private var tokens: Int64 {
        forecasts.reduce(0) { sum, forecast in
            let (total, overflow) = sum.addingReportingOverflow(forecast.tokens)
            return overflow ? .max : total
        }
    }

    private var runs: Int { forecasts.reduce(0) { $0 + $1.runs } }

    var emptyText: String { "no agent has a cron trigger" }

    var json: JSONValue {
        [
            "from": .string(from.rfc3339), "to": .string(to.rfc3339), "runs": .integer(runs),
            "tokens": .integer(tokens), "complete": .bool(forecasts.allSatisfy(\.isComplete)),
            "schedules": .array(
                forecasts.map { forecast in
                    [
                        "schedule": .string(forecast.schedule), "agent": .string(forecast.agent),
                        "runs": .integer(forecast.runs), "paused": .integer(forecast.paused),
                        "complete": .bool(forecast.isComplete), "first": .optional(forecast.first),
                        "last": .optional(forecast.last), "tokens_per_run": .integer(forecast.tokensPerRun),
                        "mean_of": .integer(forecast.meanOf), "tokens": .integer(forecast.tokens),
                    ]
                }),
        ]
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["SCHEDULE", "RUNS", "PAUSED", "FIRST", "LAST", "TOKENS/RUN", "TAKEN FROM", "TOKENS"],
            forecasts.map { forecast in
                [
                    forecast.schedule, cells.count(Int64(forecast.runs)), cells.count(Int64(forecast.paused)),
                    cells.time(forecast.first), cells.time(forecast.last), cells.count(forecast.tokensPerRun),
                    Self.source(forecast), cells.count(forecast.tokens),
                ]
            }, rightAligned: [1, 2, 5, 7])
    }

    /// Where the tokens of a run come from.
    private static func source(_ forecast: ScheduleForecast) -> String {
        switch forecast.meanOf {
        case 0: "perInvocation"
        case 1: "1 run"
        default: "\(forecast.meanOf) runs"
        }
    }

    func text(_ style: Style, isQuiet: Bool) -> String {
        guard !forecasts.isEmpty else { return isQuiet ? "" : emptyText }
        let lines = table(.local).text(style, showsHeadings: !isQuiet)
        guard !isQuiet else { return lines }
        let more = forecasts.allSatisfy(\.isComplete) ? "" : "at least "
        return lines + "\n\(more)\(Amount.grouped(Int64(runs))) runs, about \(Amount.grouped(tokens)) tokens"
    }
}
