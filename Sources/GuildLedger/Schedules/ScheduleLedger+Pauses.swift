package import GuildDomain

extension ScheduleLedger {
    /// Pauses the target from now on; a pause that is in force already gets the new end.
    package func pause(_ pause: SchedulePause, commit: String) async throws {
        try await ledger.write { db in
            try db.schedules.endPauses(of: pause.target, at: pause.since)
            try db.run(
                "INSERT INTO schedule_pauses (target, since, until, actor, reason) VALUES (?, ?, ?, ?, ?)",
                [
                    pause.target, pause.since, pause.until, pause.actor,
                    pause.reason,
                ])
            try db.audit.append(
                AuditEntry(
                    at: pause.since, actor: pause.actor, kind: .operatorCommand, subject: pause.target,
                    commit: commit,
                    body: [
                        "command": "schedule pause", "until": .string(pause.until.rfc3339),
                        "reason": pause.reason.map { .string($0) } ?? .null,
                    ]))
        }
    }

    /// Ends the pauses of the target and of every part of it: what is named fires again, unless something that contains
    /// it is paused.
    ///
    /// - Returns: the targets whose pauses it ended, in their order.
    package func resume(
        _ target: String, actor: String, commit: String, now: Timestamp
    ) async throws -> [String] {
        try await ledger.write { db in
            let paused = try db.listed(
                "SELECT DISTINCT target FROM schedule_pauses WHERE until > ? ORDER BY target", [now], as: String.self)
            let ended = paused.filter { SchedulePause.contains($0, in: target) }
            for part in ended {
                try db.schedules.endPauses(of: part, at: now)
                try db.audit.append(
                    AuditEntry(
                        at: now, actor: actor, kind: .operatorCommand, subject: part, commit: commit,
                        body: ["command": "schedule resume"]))
            }
            return ended
        }
    }

    /// The pauses in force.
    package func pauses(at instant: Timestamp) async throws -> [SchedulePause] {
        try await ledger.read { db in
            try db.list(
                "SELECT * FROM schedule_pauses WHERE until > ? AND since <= ? ORDER BY target, seq", [instant, instant]
            ) { row in
                let target: String = try row["target"]
                do {
                    return try SchedulePause(
                        target: target, since: row["since"], until: row["until"], actor: row["actor"],
                        reason: row["reason"])
                } catch let fault as RowFault {
                    // It is in force even if its other columns cannot be read.
                    return SchedulePause(
                        target: target, since: instant, until: try row["until"], actor: "a damaged row",
                        reason: fault.message)
                }
            }
        }
    }
}

extension ScheduleStatements {
    fileprivate func endPauses(of target: String, at instant: Timestamp) throws {
        try db.run("UPDATE schedule_pauses SET until = ?1 WHERE target = ?2 AND until > ?1", [instant, target])
    }
}
