import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

struct ScheduleListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the schedules of all agents.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try options.context()
        defer { context.close() }
        let snapshot = try await context.snapshot()
        let ledger = try context.ledger(orElse: .said)
        let paused = try await ledger?.agents.pauses(now: context.now) ?? [:]
        try output.renderer.print(
            ScheduleListResult(
                entries: ScheduleEntry.all(in: snapshot), seen: try await ledger?.schedules.seen() ?? [:],
                holds: ScheduleHolds(
                    schedules: try await ledger?.schedules.pauses(at: context.now) ?? [],
                    agents: Array(paused.values)),
                now: context.now))
    }
}

struct ScheduleListResult: ListResult {
    struct Row: Encodable, Sendable {
        let id: String
        let agent: String
        let schedule: String
        let timezone: String
        let person: String?
        let intent: String?
        let dst: String
        let catchUp: String
        let overlap: String
        let jitter: String
        let priority: String
        /// The end of the longest pause that holds it; nil if one lasts until somebody resumes the agent.
        let pausedUntil: Timestamp?
        /// The pauses that hold it, with the commands that end them.
        let pauses: [ScheduleHoldRow]
        /// The first due time after them.
        let next: Timestamp?
        /// Up to when its due times were looked at.
        let seenUntil: Timestamp?
    }

    let rows: [Row]

    /// - Parameters:
    ///   - seen: up to when each schedule's due times were looked at.
    ///   - holds: the pauses in force.
    init(entries: [ScheduleEntry], seen: [String: Timestamp], holds: ScheduleHolds, now: Timestamp) {
        rows = entries.map { entry in
            let holding = holds.of(entry)
            let ends = holding.map(\.until)
            return Row(
                id: entry.id, agent: entry.agent, schedule: entry.cron.expression, timezone: entry.timezone,
                person: entry.person, intent: entry.cron.intent, dst: entry.cron.dst.rawValue,
                catchUp: entry.cron.catchUp.policy.rawValue, overlap: entry.cron.overlap.rawValue,
                jitter: Amount.duration(entry.cron.jitter), priority: entry.priority.name,
                pausedUntil: ends.contains(nil) ? nil : ends.compactMap(\.self).max(),
                pauses: holding.map(ScheduleHoldRow.init), next: entry.next(after: now, held: holding),
                seenUntil: seen[entry.id])
        }
    }

    var emptyText: String { "no agent has a cron trigger" }

    var columns: [Column<Row>] {
        [
            .text("SCHEDULE", \.id), .text("CRON", \.schedule), .text("TIMEZONE", \.timezone), .time("NEXT", \.next),
            Column("PAUSED UNTIL") { row, cells in
                guard case .people = cells, row.pausedUntil == nil, !row.pauses.isEmpty else {
                    return cells.time(row.pausedUntil)
                }
                return "resumed"
            }, .time("SEEN UNTIL", \.seenUntil), .optional("INTENT", \.intent),
            .optional("RESUME WITH") { row in
                row.pauses.isEmpty ? nil : row.pauses.map(\.resume).joined(separator: "; ")
            },
        ]
    }
}
