package import Foundation
package import GuildCodex
package import GuildDomain

/// One cron trigger of one agent; of a trigger that runs at each person's own time, one person's share of it.
package struct ScheduleEntry: Sendable {
    /// The part that all persons of one trigger share.
    package final class Plan: Sendable {
        /// The agent that the trigger calls.
        package let agent: String
        /// The agent's chapter.
        package let chapter: String?
        /// The priority of its events.
        package let priority: Priority
        /// The trigger itself.
        package let cron: CronTrigger
        /// `AGENT/NAME`
        package let name: String

        package init(agent: String, chapter: String?, priority: Priority, cron: CronTrigger) {
            self.agent = agent
            self.chapter = chapter
            self.priority = priority
            self.cron = cron
            name = "\(agent)/\(cron.name)"
        }
    }

    /// The part that it shares with other persons' schedules.
    package let plan: Plan
    /// `AGENT/NAME`, or `AGENT/NAME@PERSON`.
    package let id: String
    /// The member of a chapter at whose own time it is due.
    package let person: String?
    /// The time zone in which it is due.
    package let zone: TimeZone
    /// The zone's IANA name.
    package let timezone: String

    /// The agent that the schedule calls.
    package var agent: String { plan.agent }
    /// The agent's chapter.
    package var chapter: String? { plan.chapter }
    /// The priority of its events.
    package var priority: Priority { plan.priority }
    /// The trigger itself.
    package var cron: CronTrigger { plan.cron }

    package init(_ plan: Plan, person: String? = nil, timezone: String, zone: TimeZone) {
        self.plan = plan
        self.person = person
        self.timezone = timezone
        self.zone = zone
        id = person.map { "\(plan.name)@\($0)" } ?? plan.name
    }

    /// The names by which a pause may cover it.
    package var pauseTargets: [String] { [plan.agent, plan.name] + (person == nil ? [] : [id]) }

    /// The first due time after an instant.
    package func next(after instant: Timestamp) -> Timestamp? {
        plan.cron.schedule.next(after: instant, in: zone, policy: plan.cron.dst)
    }

    /// The time at which a due time fires: later by a share of the trigger's `jitter` that follows from this schedule
    /// and this due time, so every process computes the same. It never overtakes the next due time.
    package func turn(of dueAt: Timestamp) -> Timestamp {
        let jitter = plan.cron.jitter.microseconds / 1000
        guard jitter > 0 else { return dueAt }
        let gap = next(after: dueAt).map { ($0 - dueAt).microseconds / 1000 - 1 } ?? jitter
        let room = min(jitter, gap)
        guard room > 0 else { return dueAt }
        let draw = Identifier<ScheduleEntry>(derivedFrom: ["jitter", id, String(dueAt.microseconds)]).low
        return dueAt + .milliseconds(Int64(draw % UInt64(room + 1)))
    }

    /// The last due time in (`start`, `end`], found by halving: some forty steps, however long that is.
    package func last(after start: Timestamp, until end: Timestamp) -> Timestamp? {
        guard let first = next(after: start), first <= end else { return nil }
        var low = start.seconds
        var high = end.seconds
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if let found = next(after: Timestamp(seconds: middle)), found <= end {
                low = middle
            } else {
                high = middle
            }
        }
        // `low` may have been rounded down to before `start`, whose own second is not asked for again.
        return next(after: max(start, Timestamp(seconds: low)))
    }

    /// The first due times in (`start`, `end`].
    package func times(after start: Timestamp, until end: Timestamp, limit: Int) -> [Timestamp] {
        var times: [Timestamp] = []
        var cursor = start
        while times.count < limit, let due = next(after: cursor), due <= end {
            times.append(due)
            cursor = due
        }
        return times
    }
}

extension ScheduleEntry {
    /// Every schedule of a snapshot, in the order of its agent and name.
    package static func all(in snapshot: CodexSnapshot) -> [ScheduleEntry] {
        var zones: [String: TimeZone] = [:]
        func zone(_ name: String) -> TimeZone? {
            if let known = zones[name] { return known }
            zones[name] = Zones.named(name)
            return zones[name]
        }
        return snapshot.agentsByName.flatMap { agent in
            agent.triggers.flatMap { trigger -> [ScheduleEntry] in
                guard let cron = trigger.cron else { return [] }
                let plan = Plan(
                    agent: agent.name, chapter: agent.chapter, priority: trigger.priority ?? .normal, cron: cron)
                guard cron.perPerson else {
                    return zone(cron.timezone).map { [ScheduleEntry(plan, timezone: cron.timezone, zone: $0)] } ?? []
                }
                return people(of: agent, in: snapshot).compactMap { member in
                    let name = member.timezone ?? snapshot.guild.timezone
                    return zone(name).map {
                        ScheduleEntry(plan, person: member.id.lowercased(), timezone: name, zone: $0)
                    }
                }
            }
        }
    }

    /// The members of the agent's chapter, or of all chapters, each person once, if it belongs to none.
    private static func people(of agent: AgentManifest, in snapshot: CodexSnapshot) -> [ChapterManifest.Member] {
        if let chapter = agent.chapter { return snapshot.chapter(chapter)?.members ?? [] }
        var seen: Set<String> = []
        return snapshot.chapters.sorted { $0.key < $1.key }.flatMap(\.value.members)
            .filter { seen.insert($0.id.lowercased()).inserted }
    }
}
