import GuildDomain

extension RetentionStatements {
    private static let eventsPerBatch = 200

    /// Events whose content was erased, whose whole root has been quiet since before `cutoff`, and whose calls are
    /// closed: the accounts no longer name their invocations.
    func forgettable(
        before cutoff: Timestamp, from cursor: RetentionCursor
    ) throws -> (events: [ForgettableEvent], next: RetentionCursor?) {
        let rows = try db.all(
            """
            SELECT e.id, e.root, e.received_at, (SELECT count(*) FROM invocations WHERE event = e.id), e.seq
            FROM events e INDEXED BY events_erased
            WHERE e.erased_at IS NOT NULL AND e.received_at < ? AND (e.received_at, e.seq) > (?, ?)
            ORDER BY e.received_at, e.seq LIMIT \(Self.eventsPerBatch)
            """, [cutoff, cursor.receivedAt, cursor.seq]
        ) { row in
            (event: try forgettable(row), cursor: try RetentionCursor(receivedAt: row[2], seq: row[4]))
        }
        let events = try rows.compactMap(\.event).filter { try isQuiet($0, since: cutoff) }
        return (events, rows.count < Self.eventsPerBatch ? nil : rows.last?.cursor)
    }

    /// Nil if it is damaged: it stays, and the others are not to stay with it.
    private func forgettable(_ row: LedgerRow) throws -> ForgettableEvent? {
        do {
            return try ForgettableEvent(id: row[0], root: row[1], receivedAt: row[2], invocations: row[3])
        } catch let fault as RowFault {
            db.leaveOut(fault.naming(row))
            return nil
        }
    }

    private func isQuiet(_ event: ForgettableEvent, since cutoff: Timestamp) throws -> Bool {
        try db.holds(
            """
            SELECT NOT EXISTS (SELECT 1 FROM invocations WHERE root = ? AND (ended_at IS NULL OR ended_at >= ?))
                AND NOT EXISTS (SELECT 1 FROM invocations i JOIN actions a ON a.invocation = i.id
                    WHERE i.root = ? AND (a.state IN ('awaiting', 'queued', 'running') OR a.ended_at >= ?))
                AND NOT EXISTS (SELECT 1 FROM invocations i JOIN reservations r ON r.invocation = i.id
                    WHERE i.event = ?)
            """, [event.root, cutoff, event.root, cutoff, event.id])
    }

    /// Deletes events with their invocations, journals, actions and accounts, and records that in the chain, in the
    /// caller's transaction. Their cost stays in the opening balances and in the roll-ups.
    ///
    /// - Returns: how many invocations were deleted.
    func forget(
        _ events: [ForgettableEvent], _ plan: RetentionPlan, actor: String, now: Timestamp
    ) throws -> Int {
        guard let first = events.first, let last = events.last else { return 0 }
        for event in events {
            let sql = "SELECT id FROM invocations WHERE event = ?"
            for invocation in try db.listed(sql, [event.id], as: InvocationID.self) { try forget(invocation) }
            try db.run("DELETE FROM decisions WHERE event = ?", [event.id])
            try db.run("DELETE FROM open_firings WHERE event = ?", [event.id])
            try db.run("DELETE FROM events WHERE id = ?", [event.id])
            try remember(event.id, receivedAt: event.receivedAt, plan, now: now)
            if try !db.holds("SELECT EXISTS (SELECT 1 FROM invocations WHERE root = ?)", [event.root]) {
                try forgetAccount("root/\(event.root)")
                try db.run("DELETE FROM root_totals WHERE root = ?", [event.root])
            }
        }
        let count = events.reduce(0) { $0 + $1.invocations }
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: .operatorCommand, subject: "retention",
                body: [
                    "deleted": .integer(events.count), "invocations": .integer(count),
                    "first": .string(first.receivedAt.rfc3339), "last": .string(last.receivedAt.rfc3339),
                    "policy": .string("\(plan.policy): raw_messages"),
                ]))
        return count
    }

    private func forget(_ invocation: InvocationID) throws {
        let actions = "(SELECT id FROM actions WHERE invocation = ?)"
        for statement in [
            "DELETE FROM action_attempts WHERE action IN \(actions)",
            "DELETE FROM approvals WHERE action IN \(actions)",
            "DELETE FROM actions WHERE invocation = ?", "DELETE FROM tool_calls WHERE invocation = ?",
            "DELETE FROM turns WHERE invocation = ?", "DELETE FROM merged_events WHERE invocation = ?",
            "DELETE FROM budget_waits WHERE invocation = ?",
            "DELETE FROM invocations WHERE id = ?",
        ] {
            try db.run(statement, [invocation])
        }
        try forgetAccount("invocation/\(invocation)")
    }

    /// An account with postings stays, because its opening balance is part of the accounts.
    private func forgetAccount(_ name: String) throws {
        let id = try db.value(
            """
            SELECT a.id FROM accounts a LEFT JOIN opening_balances o ON o.account = a.id
            WHERE a.name = ? AND coalesce(o.available, 0) = 0 AND coalesce(o.available_cost, 0) = 0
            """, [name], as: Int64.self)
        guard let id else { return }
        for table in ["limit_changes", "grants", "throttles", "opening_balances"] {
            try db.run("DELETE FROM \(table) WHERE account = ?", [id])
        }
        try db.run("DELETE FROM accounts WHERE id = ?", [id])
    }
}
