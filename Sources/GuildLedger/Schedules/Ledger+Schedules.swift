package import GuildDomain

extension Ledger {
    /// Rows of one transaction, so that none keeps others waiting for long.
    private static let rowsPerWrite = 500

    /// Up to when each schedule's due times were looked at.
    package func schedulesSeen() async throws -> [String: Timestamp] {
        try await read { db in
            let rows = try db.all("SELECT id, seen_until FROM schedules") { row in
                try (row["id"] as String, row["seen_until"] as Timestamp)
            }
            return Dictionary(rows) { first, _ in first }
        }
    }

    /// Begins to look at schedules from `since` on, unless they are known already.
    package func enlist(schedules: [String], since: Timestamp) async throws {
        for start in stride(from: 0, to: schedules.count, by: Self.rowsPerWrite) {
            let some = schedules[start..<min(start + Self.rowsPerWrite, schedules.count)]
            try await write { db in
                for schedule in some {
                    try db.run(
                        """
                        INSERT INTO schedules (id, seen_until, enlisted_at) VALUES (?1, ?2, ?2)
                        ON CONFLICT DO NOTHING
                        """,
                        [schedule, since])
                }
            }
        }
    }

    /// Takes back marks that a clock which ran ahead has left: what is due after `mark` is looked at again. What has
    /// fired already cannot fire again, and what was due before the schedule was known does not fire at all.
    package func rewindSchedules(markedAfter limit: Timestamp, to mark: Timestamp) async throws {
        let isAhead = try await read { db in
            try db.holds("SELECT EXISTS (SELECT 1 FROM schedules WHERE seen_until > ?)", [limit])
        }
        guard isAhead else { return }
        try await write { db in
            try db.run(
                """
                UPDATE schedules SET seen_until = CASE WHEN enlisted_at <= ?2 AND enlisted_at > ?1 THEN enlisted_at ELSE ?1 END
                WHERE seen_until > ?2
                """, [mark, limit])
        }
    }

    /// Fires what the steps say, notes what they miss and moves the marks, in one transaction. A due time fires once,
    /// whoever else tries.
    ///
    /// - Returns: what became of each firing, in order.
    package func take(_ steps: [ScheduleStep], commit: String, now: Timestamp) async throws -> [FiringOutcome] {
        let topics: [Topic] = [.inbound, .invocations, .actions, .approvals, .outcomes, .cancellations]
        let cancels = steps.contains { $0.firings.contains { $0.overlap == .cancelOther } }
        return try await bodies.storing(steps.flatMap(\.firings).map(\.event.payload)) { bodies in
            try await write(touching: cancels ? topics : [.inbound]) { db in
                var outcomes: [FiringOutcome] = []
                for step in steps {
                    let mark = try db.mark(of: step.schedule)
                    for missed in step.missed where mark.map({ missed.last > $0 }) ?? true {
                        try db.note(missed, commit: commit, now: now)
                    }
                    for (request, body) in zip(step.firings, bodies.dropFirst(outcomes.count)) {
                        let isDealtWith = !request.kind.isAskedFor && (mark.map { request.dueAt <= $0 } ?? false)
                        outcomes.append(
                            isDealtWith ? .already : try db.take(request, body: body, commit: commit, now: now))
                    }
                    try db.mark(step.schedule, until: step.seenUntil)
                }
                return outcomes
            }
        }
    }

    /// Fires what a person asks for; the command and its firings are one transaction.
    package func fire(
        _ requests: [FiringRequest], asked entry: AuditEntry?, commit: String, now: Timestamp
    ) async throws -> [FiringOutcome] {
        try await bodies.storing(requests.map(\.event.payload)) { bodies in
            try await write(touching: [.inbound, .schedules]) { db in
                if let entry { try db.appendAudit(entry) }
                return try zip(requests, bodies).map { request, body in
                    try db.take(request, body: body, commit: commit, now: now)
                }
            }
        }
    }

    /// The firings of a schedule with a due time in (`since`, `until`], in order.
    package func firings(
        of schedule: String, since: Timestamp, until: Timestamp, limit: Int
    ) async throws -> [Firing] {
        try await read { db in
            try db.all(
                """
                SELECT * FROM firings WHERE schedule = ? AND due_at > ? AND due_at <= ? ORDER BY due_at LIMIT ?
                """, [schedule, since, until, limit]
            ) { row in
                try Firing(
                    schedule: row["schedule"], dueAt: row["due_at"], event: row["event"],
                    kind: row["kind"], at: row["at"])
            }
        }
    }

    /// Those of the events that are in the ledger, or were until retention took them.
    package func known(_ events: [EventID]) async throws -> Set<EventID> {
        try await read { db in try Set(events.filter { try db.isKnown($0) }) }
    }

    /// All firings there are.
    package func firingCount() async throws -> Int {
        try await read { db in try db.value("SELECT count(*) FROM firings", as: Int.self) ?? 0 }
    }

    /// The missed due times that ended after `since`, the latest first. Those that were fired since are left out.
    package func missedFirings(since: Timestamp, limit: Int) async throws -> [MissedFirings] {
        try await read { db in
            try db.all(
                """
                SELECT * FROM missed_firings m WHERE last_due > ? AND NOT (count = 1 AND EXISTS (
                    SELECT 1 FROM firings f WHERE f.schedule = m.schedule AND f.due_at = m.first_due))
                ORDER BY last_due DESC, schedule LIMIT ?
                """, [since, limit]
            ) { row in
                try MissedFirings(
                    schedule: row["schedule"], first: row["first_due"], last: row["last_due"], count: row["count"],
                    reason: row["reason"])
            }
        }
    }
}

extension LedgerTransaction {
    fileprivate func mark(of schedule: String) throws -> Timestamp? {
        try value("SELECT seen_until FROM schedules WHERE id = ?", [schedule])
    }

    fileprivate func mark(_ schedule: String, until: Timestamp) throws {
        try run(
            """
            INSERT INTO schedules (id, seen_until) VALUES (?, ?)
            ON CONFLICT (id) DO UPDATE SET seen_until =
                CASE WHEN excluded.seen_until > schedules.seen_until THEN excluded.seen_until ELSE schedules.seen_until END
            """, [schedule, until])
    }
}
