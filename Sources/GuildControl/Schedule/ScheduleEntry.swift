import Foundation
package import GuildCodex
package import GuildDomain

/// One cron trigger of one agent.
package struct ScheduleEntry: Sendable {
    /// What fires of a schedule at an instant.
    package struct Due: Sendable, Hashable {
        /// In order.
        package var times: [Timestamp]
        /// Up to when the schedule is dealt with once these have fired; nil where nothing was due.
        package var seenUntil: Timestamp?
        /// False where more is due than was asked for.
        package var isComplete = true
    }

    /// `AGENT/NAME`.
    package let id: String
    package let agent: String
    package let chapter: String?
    package let priority: Priority
    package let cron: CronTrigger
    private let zone: TimeZone
    /// A due time this recent is not missed, only late.
    package static let grace = Duration.seconds(60)
    private static let instant = Duration.microseconds(1)

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

    /// What of the due times in (`since`, `now`] fires: those on time, and of those missed within the catch-up window
    /// what its policy says.
    ///
    /// - Parameter limit: the most times of one answer.
    package func due(after since: Timestamp, now: Timestamp, limit: Int) -> Due {
        guard let first = next(after: since), first <= now else { return Due(times: [], seenUntil: nil) }
        let late = now - Self.grace - Self.instant
        let earliest = max(since, now - cron.catchUp.window - Self.instant)
        let onTime = times(after: max(since, late), until: now, limit: limit)
        switch cron.catchUp.policy {
        case .skip:
            return Due(times: onTime, seenUntil: now)
        case .runOnce:
            let missed = onTime.isEmpty ? lastDue(after: earliest, until: late) : nil
            return Due(times: missed.map { [$0] } ?? onTime, seenUntil: now)
        case .runAll:
            let missed = times(after: earliest, until: late, limit: limit)
            guard missed.count < limit else { return Due(times: missed, seenUntil: missed.last, isComplete: false) }
            return Due(times: missed + onTime, seenUntil: now)
        }
    }

    private func times(after start: Timestamp, until end: Timestamp, limit: Int) -> [Timestamp] {
        var times: [Timestamp] = []
        var cursor = start
        while times.count < limit, let due = next(after: cursor), due <= end {
            times.append(due)
            cursor = due
        }
        return times
    }

    /// The last due time in (`start`, `end`], found by halving: some forty steps, however long the absence was.
    private func lastDue(after start: Timestamp, until end: Timestamp) -> Timestamp? {
        guard let first = next(after: start), first <= end else { return nil }
        var (low, high) = (start.seconds, end.seconds)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if let found = next(after: Timestamp(seconds: middle)), found <= end {
                low = middle
            } else {
                high = middle
            }
        }
        return next(after: Timestamp(seconds: low))
    }
}
