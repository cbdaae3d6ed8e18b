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
        let context = try CommandContext(settings)
        defer { context.close() }
        let snapshot = try await context.snapshot()
        let entries =
            try schedule.map { try ScheduleSelection($0, in: snapshot).entries } ?? ScheduleEntry.all(in: snapshot)
        guard let ledger = try context.ledger(orElse: .saidUnlessSeveral) else {
            return try output.renderer.print(ScheduleMissedResult(missed: []))
        }
        let wanted = Set(entries.map(\.id))
        let recorded = try await ledger.schedules.missedFirings(since: start, limit: Self.limit)
            .filter { schedule == nil || wanted.contains($0.schedule) }
        let seen = try await ledger.schedules.seen()
        let unseen = entries.compactMap { entry in
            seen[entry.id].flatMap {
                entry.missed(after: max($0, start), until: now - ScheduleEntry.grace, .unseen)
            }
        }
        try output.renderer.print(ScheduleMissedResult(missed: unseen + recorded))
    }
}

struct ScheduleMissedResult: ListResult {
    struct Row: Encodable, Sendable {
        let schedule: String
        let first: Timestamp
        let last: Timestamp
        let count: Int64
        /// Whether there may be more.
        let atLeast: Bool
        let reason: String
    }

    let rows: [Row]

    init(missed: [MissedFirings]) {
        rows = missed.map {
            Row(
                schedule: $0.schedule, first: $0.first, last: $0.last, count: Int64($0.count),
                atLeast: $0.count >= MissedFirings.countLimit, reason: $0.reason.rawValue)
        }
    }

    var emptyText: String { "nothing was missed" }

    var columns: [Column<Row>] {
        [
            .text("SCHEDULE", \.schedule), .time("FIRST", \.first), .time("LAST", \.last),
            Column("COUNT", isRightAligned: true) { row, cells in cells.count(row.count) + (row.atLeast ? "+" : "") },
            .text("REASON", \.reason),
        ]
    }
}
