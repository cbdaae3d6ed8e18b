import GuildDomain

/// One firing, step by step. All of these run inside a transaction of `ScheduleLedger`.
struct ScheduleStatements {
    let db: LedgerTransaction

    /// Fires, holds back or passes over one due time.
    func take(
        _ request: FiringRequest, body: BodyStore.Stored, commit: String, now: Timestamp
    ) throws -> FiringOutcome {
        if try hasFired(request) { return .already }
        var cancelled: [InvocationID] = []
        if !request.kind.isAskedFor {
            if try isPaused(request.pauseTargets, at: request.turnAt) {
                try note(MissedFirings(one: request, .paused), commit: commit, now: now)
                return .paused
            }
            let open = request.overlap == .allow ? [] : try settleOpenFirings(of: request.schedule)
            if !open.isEmpty {
                switch request.overlap {
                case .skip, .allow: return try passOver(request, commit: commit, now: now)
                case .bufferOne: return try buffer(request, commit: commit, now: now)
                case .cancelOther: cancelled = try open.flatMap { try cancel($0, commit: commit, now: now) }
                }
            }
        }
        try insert(request, body: body, cancelled: cancelled, commit: commit, now: now)
        return .fired
    }

    /// The firing, its event, its message and its audit entry.
    func insert(
        _ request: FiringRequest, body: BodyStore.Stored, cancelled: [InvocationID] = [], commit: String,
        now: Timestamp
    ) throws {
        let event = request.event
        try db.run(
            "INSERT INTO firings (schedule, due_at, event, kind, at) VALUES (?, ?, ?, ?, ?)",
            [
                request.schedule, request.dueAt, event.id, request.kind.rawValue,
                now,
            ])
        try db.events.insert(event, body: body, receivedAt: now)
        let message: Int64? = try db.value(
            "INSERT INTO messages (topic, event, available_at) VALUES ('inbound', ?, ?) RETURNING seq", [event.id, now])
        if request.overlap != .allow {
            try db.run(
                "INSERT INTO open_firings (schedule, event, message) VALUES (?, ?, ?)",
                [request.schedule, event.id, message])
        }
        var told: JSONObject = [
            "schedule": .string(request.schedule), "due": .string(request.dueAt.rfc3339),
            "kind": .string(request.kind.rawValue),
        ]
        if !cancelled.isEmpty { told["cancelled"] = .array(cancelled.map { .string($0.description) }) }
        try db.audit.append(
            AuditEntry(
                at: now, actor: request.actor, kind: .scheduleFired, subject: event.id.description, commit: commit,
                root: event.root.description, body: .object(told)))
    }

    /// Whether its firing is recorded, or its event is or was there: firings are kept for a while only.
    func hasFired(_ request: FiringRequest) throws -> Bool {
        let isRecorded = try db.holds(
            "SELECT EXISTS (SELECT 1 FROM firings WHERE schedule = ? AND due_at = ?)",
            [request.schedule, request.dueAt])
        return try isRecorded || isKnown(request.event.id)
    }

    /// Whether the event is in the ledger, or was until retention took it.
    func isKnown(_ event: EventID) throws -> Bool {
        try db.holds(
            """
            SELECT EXISTS (SELECT 1 FROM events WHERE id = ?1) OR EXISTS (SELECT 1 FROM dedup WHERE digest = ?1)
            """, [event])
    }

    func isPaused(_ targets: [String], at instant: Timestamp) throws -> Bool {
        for target in targets {
            let isPaused = try db.holds(
                "SELECT EXISTS (SELECT 1 FROM schedule_pauses WHERE target = ? AND until > ? AND since <= ?)",
                [target, instant, instant])
            if isPaused { return true }
        }
        return false
    }

    private func passOver(_ request: FiringRequest, commit: String, now: Timestamp) throws -> FiringOutcome {
        try note(MissedFirings(one: request, .overlap), commit: commit, now: now)
        return .overlapping
    }

    private func buffer(_ request: FiringRequest, commit: String, now: Timestamp) throws -> FiringOutcome {
        let buffered = try db.changes(
            "INSERT INTO buffered_firings (schedule, due_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [request.schedule, request.dueAt])
        return buffered == 1 ? .buffered : try passOver(request, commit: commit, now: now)
    }

    // MARK: Missed ones

    /// Records due times that did not fire. A span that continues the last recorded one extends it, without a further
    /// audit entry.
    func note(_ missed: MissedFirings, commit: String, now: Timestamp) throws {
        let widened = try db.changes(
            """
            UPDATE missed_firings SET last_due = ?2, count = CASE WHEN count + ?3 < ?4 THEN count + ?3 ELSE ?4 END, noted_at = ?5
            WHERE schedule = ?1 AND reason = ?6 AND last_due < ?7 AND first_due = (
                SELECT first_due FROM missed_firings WHERE schedule = ?1 ORDER BY first_due DESC LIMIT 1)
            AND NOT EXISTS (SELECT 1 FROM firings f WHERE f.schedule = ?1 AND f.due_at > missed_firings.last_due
                AND f.due_at < ?7)
            """,
            [
                missed.schedule, missed.last, missed.count,
                MissedFirings.countLimit, now, missed.reason.rawValue,
                missed.first,
            ])
        guard widened == 0 else { return }
        let noted = try db.changes(
            """
            INSERT INTO missed_firings (schedule, first_due, last_due, count, reason, noted_at)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            [
                missed.schedule, missed.first, missed.last, missed.count,
                missed.reason.rawValue, now,
            ])
        guard noted == 1 else { return }
        try db.audit.append(
            AuditEntry(
                at: now, actor: "scheduler", kind: .scheduleMissed, subject: missed.schedule, commit: commit,
                body: [
                    "first": .string(missed.first.rfc3339), "last": .string(missed.last.rfc3339),
                    "count": .integer(missed.count), "reason": .string(missed.reason.rawValue),
                ]))
    }
}

extension MissedFirings {
    init(one request: FiringRequest, _ reason: MissedReason) {
        self.init(
            schedule: request.schedule, first: request.dueAt, last: request.dueAt, count: 1, reason: reason)
    }
}
