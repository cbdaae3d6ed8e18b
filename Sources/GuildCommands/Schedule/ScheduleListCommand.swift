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
        try output.renderer.print(
            ScheduleListResult(
                entries: ScheduleEntry.all(in: snapshot), seen: try await ledger?.schedules.seen() ?? [:],
                pauses: try await ledger?.schedules.pauses(at: context.now) ?? [],
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
        /// The end of the longest pause that holds it.
        let pausedUntil: Timestamp?
        let next: Timestamp?
        /// Up to when its due times were looked at.
        let seenUntil: Timestamp?
    }

    let rows: [Row]

    /// - Parameters:
    ///   - seen: up to when each schedule's due times were looked at.
    ///   - pauses: those in force.
    init(entries: [ScheduleEntry], seen: [String: Timestamp], pauses: [SchedulePause], now: Timestamp) {
        rows = entries.map { entry in
            let holding = pauses.isEmpty ? [] : pauses.filter { entry.pauseTargets.contains($0.target) }
            return Row(
                id: entry.id, agent: entry.agent, schedule: entry.cron.expression, timezone: entry.timezone,
                person: entry.person, intent: entry.cron.intent, dst: entry.cron.dst.rawValue,
                catchUp: entry.cron.catchUp.policy.rawValue, overlap: entry.cron.overlap.rawValue,
                jitter: Amount.duration(entry.cron.jitter), priority: entry.priority.name,
                pausedUntil: holding.map(\.until).max(), next: entry.next(after: now), seenUntil: seen[entry.id])
        }
    }

    var emptyText: String { "no agent has a cron trigger" }

    var columns: [Column<Row>] {
        [
            .text("SCHEDULE", \.id), .text("CRON", \.schedule), .text("TIMEZONE", \.timezone), .time("NEXT", \.next),
            .time("PAUSED UNTIL", \.pausedUntil), .time("SEEN UNTIL", \.seenUntil), .optional("INTENT", \.intent),
        ]
    }
}
