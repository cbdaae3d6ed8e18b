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
        let settings = options.settings()
        let inspection = try Inspection(settings)
        defer { inspection.close() }
        let (snapshot, ledger) = (try inspection.codex().snapshot(), try inspection.ledger(orElse: .said))
        try output.renderer.print(
            ScheduleListResult(
                entries: ScheduleEntry.all(in: snapshot), seen: try await ledger?.schedulesSeen() ?? [:],
                pauses: try await ledger?.schedulePauses(at: settings.time.now) ?? [],
                now: settings.time.now))
    }
}

struct ScheduleListResult: TabularResult {
    let entries: [ScheduleEntry]
    /// Up to when each schedule's due times were looked at.
    let seen: [String: Timestamp]
    let pauses: [SchedulePause]
    let now: Timestamp

    /// The end of the longest pause that holds it.
    private func pausedUntil(_ entry: ScheduleEntry) -> Timestamp? {
        pauses.isEmpty ? nil : pauses.filter { entry.pauseTargets.contains($0.target) }.map(\.until).max()
    }

    var emptyText: String { "no agent has a cron trigger" }

    var json: JSONValue {
        .array(
            entries.map { entry in
                [
                    "id": .string(entry.id), "agent": .string(entry.agent), "schedule": .string(entry.cron.expression),
                    "timezone": .string(entry.timezone), "person": .optional(entry.person),
                    "intent": .optional(entry.cron.intent),
                    "dst": .string(entry.cron.dst.rawValue), "catch_up": .string(entry.cron.catchUp.policy.rawValue),
                    "overlap": .string(entry.cron.overlap.rawValue),
                    "jitter": .string(Amount.duration(entry.cron.jitter)), "priority": .string(entry.priority.name),
                    "paused_until": .optional(pausedUntil(entry)),
                    "next": .optional(entry.next(after: now)), "seen_until": .optional(seen[entry.id]),
                ]
            })
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["SCHEDULE", "CRON", "TIMEZONE", "NEXT", "PAUSED UNTIL", "SEEN UNTIL", "INTENT"],
            entries.map { entry in
                [
                    entry.id, entry.cron.expression, entry.timezone, cells.time(entry.next(after: now)),
                    cells.time(pausedUntil(entry)), cells.time(seen[entry.id]), cells.text(entry.cron.intent),
                ]
            })
    }
}
