import GuildCodex
package import GuildDomain
package import GuildLedger

/// A pause that holds a schedule: of schedules, or of the agent that they call.
package struct ScheduleHold: Sendable, Hashable {
    /// The paused part: `AGENT`, `AGENT/NAME` or `AGENT/NAME@PERSON`.
    package let target: String
    /// Whether the agent itself is paused: its schedules fire then, and nothing runs.
    package let isOfAgent: Bool
    /// The beginning.
    package let since: Timestamp
    /// The end; nil until somebody resumes it.
    package let until: Timestamp?
    /// `user:NAME`, `token:NAME`.
    package let actor: String
    /// The reason, if one was given.
    package let reason: String?

    package init(_ pause: SchedulePause) {
        target = pause.target
        isOfAgent = false
        since = pause.since
        until = pause.until
        actor = pause.actor
        reason = pause.reason
    }

    package init(_ pause: AgentPause) {
        target = pause.agent
        isOfAgent = true
        since = pause.since
        until = pause.until
        actor = pause.actor
        reason = pause.reason
    }

    /// The command that ends it.
    package var command: String { "guild \(isOfAgent ? "registry" : "schedule") resume \(target)" }

    /// Whether it holds what is due at an instant.
    package func holds(at instant: Timestamp) -> Bool {
        since <= instant && until.map { instant < $0 } ?? true
    }
}

/// All pauses in force, of schedules and of agents.
package struct ScheduleHolds: Sendable {
    private let byTarget: [String: [ScheduleHold]]

    package init(schedules: [SchedulePause] = [], agents: [AgentPause] = []) {
        byTarget = Dictionary(
            grouping: schedules.map { ScheduleHold($0) } + agents.map { ScheduleHold($0) }, by: \.target)
    }

    /// Those that hold a schedule; those of the whole agent first.
    package func of(_ entry: ScheduleEntry) -> [ScheduleHold] {
        byTarget.isEmpty ? [] : entry.pauseTargets.flatMap { byTarget[$0] ?? [] }
    }

    /// Those that hold one of several schedules, each once.
    package func of(_ entries: [ScheduleEntry]) -> [ScheduleHold] {
        var seen: Set<ScheduleHold> = []
        return entries.flatMap { of($0) }.filter { seen.insert($0).inserted }
    }
}

extension ScheduleEntry {
    /// Due times that may fall into the jitter before the end of a pause; more are not looked at.
    private static let heldLimit = 1000

    /// The first due time after an instant that none of the pauses holds; nil if one of them has no end.
    package func next(after instant: Timestamp, held holds: [ScheduleHold]) -> Timestamp? {
        var cursor = instant
        for _ in 0..<Self.heldLimit {
            guard let due = next(after: cursor) else { return nil }
            let turn = holds.isEmpty ? due : turn(of: due)
            let ends = holds.filter { $0.holds(at: turn) }.map(\.until)
            guard !ends.isEmpty else { return due }
            guard !ends.contains(nil), let end = ends.compactMap(\.self).max() else { return nil }
            // With jitter, a due time just before the end fires after it.
            cursor = max(due, end - cron.jitter - .microseconds(1))
        }
        return next(after: cursor)
    }
}
