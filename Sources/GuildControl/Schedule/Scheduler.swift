import Foundation
package import GuildCodex
package import GuildDomain
package import GuildLedger
package import Logging
import ServiceLifecycle

/// Fires the cron triggers of the head: each due time exactly once, whatever restarts in between.
///
///     due times after `seen_until` ──▶ catch-up policy ──▶ one transaction: firing, event, message ──▶ sleep to the next
package struct Scheduler: Service {
    /// Due times looked at in one go, so that a schedule of every second that was away for a year ends.
    private static let dueLimit = 10_000
    private static let recheck = Duration.seconds(60)

    private let ledger: Ledger
    private let codex: CurrentCodex
    private let time: any TimeSource
    private let logger: Logger

    package init(ledger: Ledger, codex: CurrentCodex, time: any TimeSource, logger: Logger) {
        self.ledger = ledger
        self.codex = codex
        self.time = time
        self.logger = logger
    }

    package func run() async throws {
        let changed = ledger.signal(.schedules)
        while !Task.isCancelled {
            let seen = changed.generation
            let next = try await fireDue()
            let deadline = min(next ?? .init(microseconds: .max), time.now + Self.recheck)
            await changed.wait(after: seen, until: deadline, time: time)
        }
    }

    /// Fires what is due now.
    ///
    /// - Returns: the next due time of any schedule.
    package func fireDue() async throws -> Timestamp? {
        let snapshot = codex.head
        let entries = ScheduleEntry.all(in: snapshot)
        try await ledger.enlist(schedules: entries.map(\.id), since: time.now)
        let seen = try await ledger.schedulesSeen()
        var next: Timestamp?
        for entry in entries {
            guard let since = seen[entry.id] else { continue }
            let due = entry.dueTimes(after: since, until: time.now, limit: Self.dueLimit)
            for dueAt in entry.caughtUp(due, now: time.now) {
                try await fire(entry, at: dueAt, commit: snapshot.commit)
            }
            if let last = due.last { try await ledger.markSeen(schedule: entry.id, until: last) }
            if let upcoming = entry.next(after: max(since, time.now)) { next = min(next ?? upcoming, upcoming) }
        }
        return next
    }

    private func fire(_ entry: ScheduleEntry, at dueAt: Timestamp, commit: String) async throws {
        let event = ScheduleEvent.make(
            agent: entry.agent, schedule: entry.cron.name, intent: entry.cron.intent, timezone: entry.cron.timezone,
            dueAt: dueAt, priority: entry.priority, chapter: entry.chapter)
        let fired = try await ledger.fire(
            schedule: entry.id, dueAt: dueAt, event: event, commit: commit, now: time.now)
        guard fired else { return }
        logger.info("schedule fired", metadata: ["schedule": "\(entry.id)", "due": "\(dueAt.rfc3339)"])
    }
}

/// One cron trigger of one agent.
package struct ScheduleEntry: Sendable {
    /// `AGENT/NAME`.
    package let id: String
    package let agent: String
    package let chapter: String?
    package let priority: Priority
    package let cron: CronTrigger
    private let zone: TimeZone
    /// A due time this recent is not missed, only late.
    private static let grace = Duration.seconds(60)

    /// Every schedule of a snapshot, in the order of its id.
    package static func all(in snapshot: CodexSnapshot) -> [ScheduleEntry] {
        snapshot.agentsByName.flatMap { agent in
            agent.triggers.compactMap { trigger -> ScheduleEntry? in
                guard let cron = trigger.cron, let zone = Zones.named(cron.timezone) else { return nil }
                return ScheduleEntry(
                    id: "\(agent.name)/\(cron.name)", agent: agent.name, chapter: agent.chapter,
                    priority: trigger.priority ?? .normal, cron: cron, zone: zone)
            }
        }
    }

    package func next(after instant: Timestamp) -> Timestamp? {
        cron.schedule.next(after: instant, in: zone, policy: cron.dst)
    }

    /// The due times in (`since`, `now`] that the catch-up window still reaches, the first `limit` of them.
    package func dueTimes(after since: Timestamp, until now: Timestamp, limit: Int) -> [Timestamp] {
        var times: [Timestamp] = []
        var cursor = max(since, now - cron.catchUp.window - Self.grace)
        while times.count < limit, let due = next(after: cursor), due <= now {
            times.append(due)
            cursor = due
        }
        return times
    }

    /// What of the missed times still fires: those within the catch-up window, by its policy. A time no older than the
    /// grace is not missed but just due.
    package func caughtUp(_ due: [Timestamp], now: Timestamp) -> [Timestamp] {
        let onTime = due.filter { now - $0 <= Self.grace }
        let missed = due.filter { now - $0 > Self.grace && now - $0 <= cron.catchUp.window }
        switch cron.catchUp.policy {
        case .skip: return onTime
        case .runOnce: return onTime.isEmpty ? Array(missed.suffix(1)) : onTime
        case .runAll: return missed + onTime
        }
    }
}
