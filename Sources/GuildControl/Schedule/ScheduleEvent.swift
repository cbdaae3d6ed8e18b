import GuildCodex
package import GuildDomain
package import GuildLedger

/// The event that a firing makes.
package enum ScheduleEvent {
    /// The type of every scheduled event.
    package static let type = "schedule.fired"

    /// The source of a schedule's events.
    package static func source(agent: String, schedule: String) -> String { "/schedule/\(agent)/\(schedule)" }

    /// Its id belongs to schedule, person and due time: a firing that is tried twice is the same event.
    package static func make(
        _ entry: ScheduleEntry, dueAt: Timestamp, kind: FiringKind = .due
    ) -> Event {
        let cron = entry.cron
        let source = source(agent: entry.agent, schedule: cron.name)
        var data: JSONObject = [
            "schedule": .string(entry.plan.name), "due": .string(dueAt.rfc3339),
            "intent": cron.intent.map { .string($0) } ?? .null, "timezone": .string(entry.timezone),
            "kind": .string(kind.rawValue),
        ]
        if let person = entry.person { data["person"] = .string(person) }
        var event = Event(
            id: EventID(
                derivedFrom: ["schedule", source, String(dueAt.microseconds)] + (entry.person.map { [$0] } ?? [])),
            source: source, type: type, subject: entry.id, time: dueAt, system: "schedule",
            containers: cron.containers, payload: JSONValue.object(data).bytes())
        event.priority = entry.priority
        event.chapter = entry.chapter
        return event
    }
}

extension FiringRequest {
    /// - Parameter actor: the person or component that fires it.
    package init(_ entry: ScheduleEntry, dueAt: Timestamp, kind: FiringKind, actor: String = "scheduler") {
        self.init(
            schedule: entry.id, dueAt: dueAt, kind: kind, overlap: entry.cron.overlap, turnAt: entry.turn(of: dueAt),
            pauseTargets: entry.pauseTargets, event: ScheduleEvent.make(entry, dueAt: dueAt, kind: kind), actor: actor)
    }
}
