package import GuildDomain

/// The event that a firing makes.
package enum ScheduleEvent {
    package static let type = "schedule.fired"

    package static func source(agent: String, schedule: String) -> String { "/schedule/\(agent)/\(schedule)" }

    /// Its id belongs to schedule and due time: a firing that is tried twice is the same event.
    package static func make(
        agent: String, schedule: String, intent: String?, timezone: String, dueAt: Timestamp, priority: Priority,
        chapter: String?
    ) -> Event {
        let source = source(agent: agent, schedule: schedule)
        let data: JSONValue = [
            "schedule": .string("\(agent)/\(schedule)"), "due": .string(dueAt.rfc3339),
            "intent": intent.map { .string($0) } ?? .null, "timezone": .string(timezone),
        ]
        return Event(
            id: EventID(derivedFrom: ["schedule", source, String(dueAt.microseconds)]), source: source, type: type,
            subject: "\(agent)/\(schedule)", time: dueAt, system: "schedule", priority: priority, chapter: chapter,
            payload: data.bytes())
    }
}
