package import GuildDomain

/// Operator state: a schedule, or all of an agent's, that does not fire for a while.
package struct SchedulePause: Sendable, Hashable {
    /// `AGENT`, `AGENT/NAME` or `AGENT/NAME@PERSON`.
    package let target: String
    package let since: Timestamp
    package let until: Timestamp
    /// `user:NAME`.
    package let actor: String
    package let reason: String?

    package init(target: String, since: Timestamp, until: Timestamp, actor: String, reason: String?) {
        self.target = target
        self.since = since
        self.until = until
        self.actor = actor
        self.reason = reason
    }
}

extension Ledger {
    /// Pauses the target from now on; a pause that is in force already gets the new end.
    package func pauseSchedules(_ pause: SchedulePause, commit: String) async throws {
        try await write(touching: [.schedules]) { db in
            try db.endPauses(of: pause.target, at: pause.since)
            try db.run(
                "INSERT INTO schedule_pauses (target, since, until, actor, reason) VALUES (?, ?, ?, ?, ?)",
                [
                    pause.target, pause.since, pause.until, pause.actor,
                    pause.reason,
                ])
            try db.appendAudit(
                AuditEntry(
                    at: pause.since, actor: pause.actor, kind: .operatorCommand, subject: pause.target,
                    commit: commit,
                    body: [
                        "command": "schedule pause", "until": .string(pause.until.rfc3339),
                        "reason": pause.reason.map { .string($0) } ?? .null,
                    ]))
        }
    }

    /// Ends the target's pause.
    ///
    /// - Returns: whether it was paused.
    package func resumeSchedules(_ target: String, actor: String, commit: String, now: Timestamp) async throws -> Bool {
        try await write(touching: [.schedules]) { db in
            guard try db.endPauses(of: target, at: now) else { return false }
            try db.appendAudit(
                AuditEntry(
                    at: now, actor: actor, kind: .operatorCommand, subject: target, commit: commit,
                    body: ["command": "schedule resume"]))
            return true
        }
    }

    /// The pauses in force.
    package func schedulePauses(at instant: Timestamp) async throws -> [SchedulePause] {
        try await read { db in
            try db.all(
                "SELECT * FROM schedule_pauses WHERE until > ? AND since <= ? ORDER BY target, seq", [instant, instant]
            ) { row in
                try SchedulePause(
                    target: row["target"], since: row["since"], until: row["until"], actor: row["actor"],
                    reason: row["reason"])
            }
        }
    }
}

extension LedgerTransaction {
    @discardableResult
    fileprivate func endPauses(of target: String, at instant: Timestamp) throws -> Bool {
        try changes(
            "UPDATE schedule_pauses SET until = ?1 WHERE target = ?2 AND until > ?1", [instant, target]) > 0
    }
}
