import GRDB
package import GuildDomain

extension Ledger {
    /// Up to when each schedule's due times were looked at.
    package func schedulesSeen() async throws -> [String: Timestamp] {
        try await read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT id, seen_until FROM schedules")
            return Dictionary(rows.map { ($0["id"] as String, $0["seen_until"] as Timestamp) }) { first, _ in first }
        }
    }

    /// Begins to look at a schedule from `since` on, unless it is known already.
    package func enlist(schedules: [String], since: Timestamp) async throws {
        guard !schedules.isEmpty else { return }
        try await write { db in
            for schedule in schedules {
                try db.execute(
                    sql: "INSERT OR IGNORE INTO schedules (id, seen_until) VALUES (?, ?)", arguments: [schedule, since])
            }
        }
    }

    /// The due times up to `until` are dealt with, fired or not.
    package func markSeen(schedule: String, until: Timestamp) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE schedules SET seen_until = max(seen_until, ?) WHERE id = ?", arguments: [until, schedule])
        }
    }

    /// Records a firing and queues its event, in one transaction. A due time fires once, whoever else tries.
    ///
    /// - Returns: whether this call was the one that fired it.
    package func fire(schedule: String, dueAt: Timestamp, event: Event, commit: String, now: Timestamp) async throws
        -> Bool
    {
        return try await bodies.storing(event.payload) { body in
            try await write(touching: [.inbound]) { db in
                try db.execute(
                    sql: "INSERT OR IGNORE INTO firings VALUES (?, ?, ?)", arguments: [schedule, dueAt, event.id])
                guard db.changesCount == 1 else { return false }
                try db.execute(
                    sql: """
                        INSERT INTO schedules (id, seen_until) VALUES (?, ?)
                        ON CONFLICT (id) DO UPDATE SET seen_until = max(seen_until, excluded.seen_until)
                        """, arguments: [schedule, dueAt])
                try db.insert(event, body: body, receivedAt: now)
                try db.execute(
                    sql: "INSERT INTO messages (topic, event, available_at) VALUES ('inbound', ?, ?)",
                    arguments: [event.id, now])
                try db.appendAudit(
                    AuditEntry(
                        at: now, actor: "scheduler", kind: .scheduleFired, subject: event.id.description,
                        commit: commit,
                        root: event.root.description,
                        body: ["schedule": .string(schedule), "due": .string(dueAt.rfc3339)]))
                return true
            }
        }
    }
}
