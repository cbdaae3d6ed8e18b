package import GuildCodex
package import GuildDomain
package import GuildLedger
package import Logging
import ServiceLifecycle

/// Fires the cron triggers of the head: each due time exactly once, whatever restarts in between.
///
///     due times after `seen_until` ──▶ catch-up policy ──▶ one transaction: firing, event, message ──▶ sleep to the next
///
/// Several schedulers may be at work: of those that fire one due time, one does it.
package struct Scheduler: Service {
    /// Due times that are fired before the mark moves, so that a long absence is worked off in steps.
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
        let alerts = try await ledger.alertLevels(now: time.now)
        var next: Timestamp?
        for entry in entries {
            // A red alert pauses it: its mark stays, so that its catch-up policy says what becomes of what it missed.
            guard let mark = seen[entry.id],
                alerts.level(agent: entry.agent, chapter: entry.chapter).admitsSchedules
            else { continue }
            try await catchUp(entry, since: mark, commit: snapshot.commit)
            if let upcoming = entry.next(after: time.now) { next = min(next ?? upcoming, upcoming) }
        }
        return next
    }

    /// Fires what is due after `mark`. A mark far ahead, because the clock was set back since, silences nothing: then
    /// what is just due fires, and what has fired already cannot fire again.
    private func catchUp(_ entry: ScheduleEntry, since mark: Timestamp, commit: String) async throws {
        let now = time.now
        var since: Timestamp? = mark > now + ScheduleEntry.grace ? now - ScheduleEntry.grace : mark
        while let start = since {
            let due = entry.due(after: start, now: now, limit: Self.dueLimit)
            for dueAt in due.times { try await fire(entry, at: dueAt, commit: commit) }
            if let seenUntil = due.seenUntil { try await ledger.markSeen(schedule: entry.id, until: seenUntil) }
            since = due.isComplete ? nil : due.seenUntil
        }
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
