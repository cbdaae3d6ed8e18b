package import GuildCodex
package import GuildDomain
package import GuildLedger

/// A person's operations on schedules; each is in the audit log, in the same transaction.
package struct ScheduleDesk: Sendable {
    /// The result for one due time that a person asked for.
    package struct Fired: Sendable, Hashable {
        /// The schedule's name.
        package let schedule: String
        /// The due time.
        package let dueAt: Timestamp
        /// The event of the firing.
        package let event: EventID
        /// Whether it fired, or why not.
        package let outcome: FiringOutcome
    }

    /// Due times of one backfill.
    package static let backfillLimit = 1000
    private static let firingsPerWrite = 64
    /// A span that is counted back from now begins slightly earlier, when the command was given.
    private static let grace = Duration.seconds(60)

    private let schedules: ScheduleLedger
    private let agents: AgentLedger
    private let snapshot: CodexSnapshot
    /// `user:NAME`.
    private let actor: String
    private let time: any TimeSource

    package init(
        schedules: ScheduleLedger, agents: AgentLedger, snapshot: CodexSnapshot, actor: String, time: any TimeSource
    ) {
        self.schedules = schedules
        self.agents = agents
        self.snapshot = snapshot
        self.actor = actor
        self.time = time
    }

    /// Suspends a schedule from now on, for a while. Occurrences due meanwhile are skipped, not postponed.
    package func pause(
        _ selection: ScheduleSelection, for duration: Duration, reason: String?
    ) async throws -> SchedulePause {
        let now = time.now
        let pause = SchedulePause(
            target: selection.target, since: now, until: now + duration, actor: actor, reason: reason)
        try await schedules.pause(pause, commit: snapshot.commit)
        return pause
    }

    /// Ends the pauses of the selected schedules, whether they were paused together or singly. A pause of all of the
    /// agent's schedules still holds one of them that is resumed.
    ///
    /// - Returns: the names under which they were paused.
    package func resume(_ selection: ScheduleSelection) async throws -> [String] {
        try await schedules.resume(
            selection.target, actor: actor, commit: snapshot.commit, now: time.now)
    }

    /// Pauses that still hold one of the schedules, those of the agent itself included.
    package func holds(on selection: ScheduleSelection) async throws -> [ScheduleHold] {
        let now = time.now
        let paused = try await agents.pauses(now: now)
        return ScheduleHolds(schedules: try await schedules.pauses(at: now), agents: Array(paused.values))
            .of(selection.entries)
    }

    /// Fires now, regardless of due times, a pause or an active run.
    package func trigger(_ selection: ScheduleSelection) async throws -> [Fired] {
        let now = time.now
        let requests = selection.entries.map {
            FiringRequest($0, dueAt: now, kind: .trigger, actor: actor)
        }
        return try await fire(requests, command: "schedule trigger", selection, told: [:], now: now)
    }

    /// The due times in [`from`, `to`] that have not fired.
    ///
    /// - Throws: `Failure` (usage) if there are more than `backfillLimit`, or `from` is further back than
    ///   `Firing.backfillReach`.
    package func unfired(
        _ selection: ScheduleSelection, from: Timestamp, to: Timestamp
    ) async throws -> [(entry: ScheduleEntry, dueAt: Timestamp)] {
        try Self.checkReach(from, now: time.now)
        let start = from - .microseconds(1)
        var found: [(entry: ScheduleEntry, dueAt: Timestamp)] = []
        for entry in selection.entries {
            let due = entry.times(after: start, until: to, limit: Self.backfillLimit + 1)
            guard due.count <= Self.backfillLimit else { throw Self.tooMany(selection) }
            let fired = try await schedules.firings(of: entry.id, since: start, until: to, limit: .max).map(
                \.dueAt)
            let recorded = Set(fired)
            let rest = due.filter { !recorded.contains($0) }.map { ($0, ScheduleEvent.make(entry, dueAt: $0).id) }
            let known = try await schedules.known(rest.map(\.1))
            found += rest.filter { !known.contains($0.1) }.map { (entry, $0.0) }
            guard found.count <= Self.backfillLimit else { throw Self.tooMany(selection) }
        }
        return found.sorted { ($0.dueAt, $0.entry.id) < ($1.dueAt, $1.entry.id) }
    }

    /// Fires past occurrences that have not fired. Repeating the command completes what a kill left undone.
    package func backfill(
        _ selection: ScheduleSelection, from: Timestamp, to: Timestamp
    ) async throws -> [Fired] {
        let now = time.now
        let requests = try await unfired(selection, from: from, to: min(to, now)).map {
            FiringRequest($0.entry, dueAt: $0.dueAt, kind: .backfill, actor: actor)
        }
        let told: JSONObject = [
            "from": .string(from.rfc3339), "to": .string(to.rfc3339), "firings": .integer(requests.count),
        ]
        return try await fire(requests, command: "schedule backfill", selection, told: told, now: now)
    }

    private static func checkReach(_ from: Timestamp, now: Timestamp) throws(Failure) {
        let first = now - Firing.backfillReach
        guard from < first - grace else { return }
        throw Failure(
            .usage,
            "--from \(from.rfc3339) is more than \(Firing.backfillReach.components.seconds / 86_400) days back: "
                + "the firings of that time are no longer recorded",
            hint: "begin at \(first.rfc3339) or later; `guild schedule trigger` fires once regardless of due times")
    }

    private static func tooMany(_ selection: ScheduleSelection) -> Failure {
        Failure(
            .usage, "\(selection.target) has more than \(backfillLimit) due times there",
            hint: "choose a shorter span with --from and --to, and repeat")
    }

    private func fire(
        _ requests: [FiringRequest], command: String, _ selection: ScheduleSelection, told: JSONObject, now: Timestamp
    ) async throws -> [Fired] {
        var body = told
        body["command"] = .string(command)
        var entry: AuditEntry? = AuditEntry(
            at: now, actor: actor, kind: .operatorCommand, subject: selection.target, commit: snapshot.commit,
            body: .object(body))
        var fired: [Fired] = []
        for start in stride(from: 0, to: max(1, requests.count), by: Self.firingsPerWrite) {
            let some = Array(requests[start..<min(start + Self.firingsPerWrite, requests.count)])
            let outcomes = try await schedules.fire(some, asked: entry, commit: snapshot.commit, now: now)
            entry = nil
            fired += zip(some, outcomes).map {
                Fired(schedule: $0.schedule, dueAt: $0.dueAt, event: $0.event.id, outcome: $1)
            }
        }
        return fired
    }
}
