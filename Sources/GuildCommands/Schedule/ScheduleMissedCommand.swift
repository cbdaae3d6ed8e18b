import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct ScheduleMissedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "missed", abstract: "Lists due times that did not fire, and why.",
        discussion: """
            window: older than the catch-up window · skip, run_once: the catch-up policy · budget: no room for it · \
            limit: more than one catch-up takes · paused · overlap: an earlier run was still active · unseen: no \
            scheduler has checked since. `guild schedule backfill` fires them.
            """)

    private static let limit = 1000

    @Argument(
        help: ArgumentHelp("Only these: AGENT, AGENT/NAME or AGENT/NAME@PERSON.", valueName: "schedule"),
        completion: AgentNames.completion)
    var schedule: String?

    @Option(help: ArgumentHelp("Only those since this time.", valueName: "time"))
    var since = "7d"

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = options.settings()
        let now = settings.time.now
        let start = try PointInTime.required(since, option: "--since", now: now, zone: .current)
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let snapshot = try await inspection.snapshot()
        let entries =
            try schedule.map { try ScheduleSelection($0, in: snapshot).entries } ?? ScheduleEntry.all(in: snapshot)
        guard let ledger = try inspection.ledger(orElse: .saidUnlessSeveral) else {
            return try output.renderer.print(ScheduleMissedResult(missed: []))
        }
        let wanted = Set(entries.map(\.id))
        let recorded = try await ledger.missedFirings(since: start, limit: Self.limit)
            .filter { schedule == nil || wanted.contains($0.schedule) }
        let seen = try await ledger.schedulesSeen()
        let unseen = entries.compactMap { entry in
            seen[entry.id].flatMap {
                entry.missed(after: max($0, start), until: now - ScheduleEntry.grace, .unseen)
            }
        }
        try output.renderer.print(ScheduleMissedResult(missed: unseen + recorded))
    }
}

struct ScheduleMissedResult: TabularResult {
    let missed: [MissedFirings]

    var emptyText: String { "nothing was missed" }

    var json: JSONValue {
        .array(
            missed.map { missed in
                [
                    "schedule": .string(missed.schedule), "first": .string(missed.first.rfc3339),
                    "last": .string(missed.last.rfc3339), "count": .integer(missed.count),
                    "at_least": .bool(missed.count >= MissedFirings.countLimit),
                    "reason": .string(missed.reason.rawValue),
                ]
            })
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["SCHEDULE", "FIRST", "LAST", "COUNT", "REASON"],
            missed.map { missed in
                let more = missed.count >= MissedFirings.countLimit ? "+" : ""
                return [
                    missed.schedule, cells.time(missed.first), cells.time(missed.last),
                    cells.count(Int64(missed.count)) + more, missed.reason.rawValue,
                ]
            }, rightAligned: [3])
    }
}
