import Foundation
import GuildDomain

/// Reads and writes what retention deletes.
struct RetentionStatements {
    let db: LedgerTransaction

    private static let eventsPerBatch = 500
    private static let bytesPerBatch: Int64 = 4 << 20

    /// Old events in the order of their arrival, some at once.
    ///
    /// - Returns: those that may be removed, and where to continue; nil if there are no more.
    func retirable(
        before cutoff: Timestamp, from cursor: RetentionCursor
    ) throws -> (events: [RetirableEvent], next: RetentionCursor?) {
        var events: [RetirableEvent] = []
        var bytes: Int64 = 0
        var seen = 0
        var last: RetentionCursor?
        try db.rows(Self.retirable, [cutoff, cutoff, cutoff, cutoff, cursor.receivedAt, cursor.seq]) { row in
            seen += 1
            last = try RetentionCursor(receivedAt: row["received_at"], seq: row["seq"])
            guard try row["quiet"] else { return true }
            do {
                try events.append(
                    RetirableEvent(id: row["id"], receivedAt: row["received_at"], hasInvocations: row["kept"]))
                bytes += try row["bytes"]
            } catch let fault as RowFault {
                // It stays; the others are not to stay with it.
                db.leaveOut(fault.naming(row))
            }
            return bytes < Self.bytesPerBatch
        }
        return (events, seen < Self.eventsPerBatch && bytes < Self.bytesPerBatch ? nil : last)
    }

    /// An event is quiet if every decision about it is final and nothing of its root is under way or ended after the
    /// cutoff.
    private static let retirable = """
        SELECT e.id, e.seq, e.received_at, coalesce(length(e.body), 0) AS bytes,
            EXISTS (SELECT 1 FROM invocations WHERE event = e.id) AS kept,
            EXISTS (SELECT 1 FROM decisions WHERE event = e.id)
            AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.event = e.id AND d.final = 0 AND NOT EXISTS
                (SELECT 1 FROM decisions f WHERE f.event = d.event AND f.rule = d.rule AND f.agent = d.agent
                AND f.revision > d.revision))
            AND NOT EXISTS (SELECT 1 FROM invocations WHERE root = e.root AND (ended_at IS NULL OR ended_at >= ?))
            AND NOT EXISTS (SELECT 1 FROM invocations i JOIN actions a ON a.invocation = i.id
                WHERE i.root = e.root AND (a.state IN ('awaiting', 'queued', 'running') OR a.ended_at >= ?))
            AND NOT EXISTS (SELECT 1 FROM merged_events m JOIN debounces d ON d.invocation = m.invocation
                WHERE m.event = e.id)
            AND NOT EXISTS (SELECT 1 FROM merged_events m JOIN invocations i ON i.id = m.invocation
                WHERE m.event = e.id AND (i.ended_at IS NULL OR i.ended_at >= ?))
            AS quiet
        FROM events e INDEXED BY events_retained
        WHERE e.erased_at IS NULL AND e.received_at < ? AND (e.received_at, e.seq) > (?, ?)
        ORDER BY e.received_at, e.seq LIMIT \(eventsPerBatch)
        """

    /// Deletes unreferenced rows, erases the content of the rest, and records that in the chain, in the caller's
    /// transaction.
    func retire(
        _ events: [RetirableEvent], _ plan: RetentionPlan, actor: String, now: Timestamp
    ) throws -> (deleted: Int, erased: Int) {
        guard !events.isEmpty else { return (0, 0) }
        // Debian's SQLite overwrites deleted content; others do so only if configured.
        try db.run("PRAGMA secure_delete = ON")
        var deleted = 0
        var erased = 0
        for event in events {
            try db.run("DELETE FROM inbox WHERE consumer = 'dispatcher' AND message = ?", [event.id])
            // It has ended, whether or not its schedule has looked since.
            try db.run("DELETE FROM open_firings WHERE event = ?", [event.id])
            if try !event.hasInvocations && delete(event, plan, now: now) {
                deleted += 1
            } else {
                try eraseContent(of: event.id, now: now)
                erased += 1
            }
        }
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: .operatorCommand, subject: "retention",
                body: [
                    "deleted": .integer(deleted), "erased": .integer(erased),
                    "first": .string(events[0].receivedAt.rfc3339),
                    "last": .string(events[events.count - 1].receivedAt.rfc3339),
                    "policy": .string("\(plan.policy): raw_messages"),
                ]))
        return (deleted, erased)
    }

    /// - Returns: false if another row names the event; it is then still there.
    private func delete(_ event: RetirableEvent, _ plan: RetentionPlan, now: Timestamp) throws -> Bool {
        try db.run("DELETE FROM decisions WHERE event = ?", [event.id])
        do {
            try db.run("DELETE FROM events WHERE id = ?", [event.id])
        } catch let fault as StorageFault where fault.kind == .constraint {
            return false
        }
        try remember(event.id, receivedAt: event.receivedAt, plan, now: now)
        return true
    }

    /// Keeps the id of a deleted event until nobody sends it again.
    func remember(_ event: EventID, receivedAt: Timestamp, _ plan: RetentionPlan, now: Timestamp) throws {
        let expiry = receivedAt + plan.dedupWindow
        guard expiry > now else { return }
        try db.run(
            """
            INSERT INTO dedup (digest, event, expires_at) VALUES (?, ?, ?)
            ON CONFLICT (digest) DO UPDATE SET event = excluded.event, expires_at = excluded.expires_at
            """, [event, event, expiry])
    }

    /// Everything that the event, the models or the tools said; the actions, their times and their cost stay.
    private func eraseContent(of event: EventID, now: Timestamp) throws {
        let mine = "(SELECT id FROM invocations WHERE event = ?)"
        try db.run(
            "UPDATE events SET body = ?, body_ref = NULL, attributes = NULL, erased_at = ? WHERE id = ?",
            [[UInt8](), now, event])
        for statement in [
            "UPDATE decisions SET reasons = '[]' WHERE event = ?",
            "UPDATE turns SET delta = NULL WHERE invocation IN \(mine)",
            """
            UPDATE tool_calls SET arguments = '{}', result = CASE WHEN result IS NULL THEN NULL ELSE '' END
            WHERE invocation IN \(mine)
            """,
            """
            UPDATE approvals SET reason = NULL WHERE action IN (SELECT id FROM actions WHERE invocation IN \(mine))
            """,
            "UPDATE actions SET arguments = '{}', reason = '', result = NULL, error = NULL WHERE invocation IN \(mine)",
            "UPDATE invocations SET options = '{}', outcome = NULL WHERE event = ?",
        ] {
            try db.run(statement, [event])
        }
        try eraseOutcomes(of: event)
    }

    /// Of each attempt at an action of the event only how it ended stays: the word before the colon.
    private func eraseOutcomes(of event: EventID) throws {
        let attempts = try db.list(
            """
            SELECT t.action, t.attempt, t.outcome FROM invocations i JOIN actions a ON a.invocation = i.id
                JOIN action_attempts t ON t.action = a.id
            WHERE i.event = ? AND t.outcome IS NOT NULL
            """, [event]
        ) { row in try (action: row[0] as ActionID, attempt: row[1] as Int64, outcome: row[2] as String) }
        for attempt in attempts {
            guard let colon = attempt.outcome.unicodeScalars.firstIndex(of: ":") else { continue }
            try db.run(
                "UPDATE action_attempts SET outcome = ? WHERE action = ? AND attempt = ?",
                [String(attempt.outcome[..<colon]), attempt.action, attempt.attempt])
        }
    }
}
