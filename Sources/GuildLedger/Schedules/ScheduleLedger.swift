package import GuildDomain

/// Firings of schedules and their pauses.
package struct ScheduleLedger: Sendable {
    let ledger: Ledger

    /// Rows of one transaction, so that none keeps others waiting for long.
    private static let rowsPerWrite = 500

    /// Up to when each schedule's due times were looked at.
    package func seen() async throws -> [String: Timestamp] {
        try await ledger.read { db in
            let rows = try db.list("SELECT id, seen_until FROM schedules") { row in
                try (row["id"] as String, row["seen_until"] as Timestamp)
            }
            return Dictionary(rows) { first, _ in first }
        }
    }

    /// Begins to look at schedules from `since` on, unless they are known already.
    package func enlist(schedules: [String], since: Timestamp) async throws {
        for start in stride(from: 0, to: schedules.count, by: Self.rowsPerWrite) {
            let some = schedules[start..<min(start + Self.rowsPerWrite, schedules.count)]
            try await ledger.write { db in
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

    /// Takes back marks of a clock that ran ahead: occurrences after `mark` are examined again. Those that have fired
    /// cannot fire again, and those from before the schedule was known do not fire at all.
    package func rewind(markedAfter limit: Timestamp, to mark: Timestamp) async throws {
        let isAhead = try await ledger.read { db in
            try db.holds("SELECT EXISTS (SELECT 1 FROM schedules WHERE seen_until > ?)", [limit])
        }
        guard isAhead else { return }
        try await ledger.write { db in
            try db.run(
                """
                UPDATE schedules SET seen_until = CASE WHEN enlisted_at <= ?2 AND enlisted_at > ?1 THEN enlisted_at ELSE ?1 END
                WHERE seen_until > ?2
                """, [mark, limit])
        }
    }

    /// Executes the firings of the steps, records missed ones and moves the marks, in one transaction. A due time fires
    /// once, whoever else tries.
    ///
    /// - Returns: the result of each firing, in order.
    package func take(_ steps: [ScheduleStep], commit: String, now: Timestamp) async throws -> [FiringOutcome] {
        return try await ledger.bodies.storing(steps.flatMap(\.firings).map(\.event.payload)) { bodies in
            try await ledger.write { db in
                var outcomes: [FiringOutcome] = []
                for step in steps {
                    let mark = try db.schedules.mark(of: step.schedule)
                    for missed in step.missed where mark.map({ missed.last > $0 }) ?? true {
                        try db.schedules.note(missed, commit: commit, now: now)
                    }
                    for (request, body) in zip(step.firings, bodies.dropFirst(outcomes.count)) {
                        let isDealtWith = !request.kind.isAskedFor && (mark.map { request.dueAt <= $0 } ?? false)
                        outcomes.append(
                            isDealtWith
                                ? .already : try db.schedules.take(request, body: body, commit: commit, now: now))
                    }
                    try db.schedules.mark(step.schedule, until: step.seenUntil)
                }
                return outcomes
            }
        }
    }

    /// Fires at a person's request; the command and its firings are one transaction.
    package func fire(
        _ requests: [FiringRequest], asked entry: AuditEntry?, commit: String, now: Timestamp
    ) async throws -> [FiringOutcome] {
        try await ledger.bodies.storing(requests.map(\.event.payload)) { bodies in
            try await ledger.write { db in
                if let entry { try db.audit.append(entry) }
                return try zip(requests, bodies).map { request, body in
                    try db.schedules.take(request, body: body, commit: commit, now: now)
                }
            }
        }
    }

    /// The firings of a schedule with a due time in (`since`, `until`], in order.
    package func firings(
        of schedule: String, since: Timestamp, until: Timestamp, limit: Int
    ) async throws -> [Firing] {
        try await ledger.read { db in
            try db.list(
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
        try await ledger.read { db in try Set(events.filter { try db.schedules.isKnown($0) }) }
    }

    /// The missed due times that ended after `since`, the latest first. Those that were fired since are left out.
    package func missedFirings(since: Timestamp, limit: Int) async throws -> [MissedFirings] {
        try await ledger.read { db in
            try db.list(
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

extension ScheduleStatements {
    fileprivate func mark(of schedule: String) throws -> Timestamp? {
        try db.value("SELECT seen_until FROM schedules WHERE id = ?", [schedule])
    }

    fileprivate func mark(_ schedule: String, until: Timestamp) throws {
        try db.run(
            """
            INSERT INTO schedules (id, seen_until) VALUES (?, ?)
            ON CONFLICT (id) DO UPDATE SET seen_until =
                CASE WHEN excluded.seen_until > schedules.seen_until THEN excluded.seen_until ELSE schedules.seen_until END
            """, [schedule, until])
    }
}
