package import GuildDomain

extension DispatchLedger {
    /// It comes back by itself after this, should nothing else wake it.
    private static let longestPause = Duration.seconds(60)

    /// At a turn boundary: makes room for CRITICAL work that waits for a slot. The invocation then waits, its journal
    /// kept, until no such work is queued.
    ///
    /// - Returns: whether it waits now.
    package func yield(
        _ invocation: Invocation, _ rule: PreemptionRule, worker: Worker, now: Timestamp
    ) async throws -> Bool {
        guard invocation.priority >= .normal, try await ledger.read({ try $0.dispatch.hasCritical(now: now) }) else {
            return false
        }
        return try await ledger.write { db in
            let current = try db.invocations.owned(invocation)
            guard try db.dispatch.isWanted(slotOf: current, rule, worker: worker.id, now: now) else { return false }
            try db.invocations.move(
                current, to: .waiting, waiting: .preempted, availableAt: now + Self.longestPause, now: now)
            try db.audit.append(
                current.entry(
                    .invocationRetried, now: now,
                    [
                        "agent": .string(invocation.agent), "attempt": .integer(invocation.attempt),
                        "reason": "paused for CRITICAL work",
                    ]))
            return true
        }
    }
}

extension DispatchStatements {
    /// Queues paused invocations again once nothing urgent waits.
    func resumePreempted(now: Timestamp) throws {
        let isAny = try db.holds("SELECT EXISTS (SELECT 1 FROM invocations WHERE wait_reason = 'preempted')")
        guard isAny, try !hasCritical(now: now) else { return }
        try db.run(
            """
            UPDATE invocations SET state = 'queued', wait_reason = NULL, available_at = ?
            WHERE wait_reason = 'preempted'
            """, [now])
    }

    fileprivate func hasCritical(now: Timestamp) throws -> Bool {
        try db.holds(
            """
            SELECT EXISTS (SELECT 1 FROM invocations INDEXED BY invocations_queue
                WHERE state = 'queued' AND priority = 0 AND available_at <= ? AND affinity IS NULL)
            """, [now])
    }

    /// Whether more urgent work waits than there are free slots for, and it could take this invocation's.
    fileprivate func isWanted(
        slotOf invocation: Invocation, _ rule: PreemptionRule, worker: WorkerID, now: Timestamp
    ) throws -> Bool {
        let running = try counts(
            "SELECT agent, count(*) FROM invocations WHERE lease_owner IS NOT NULL GROUP BY agent", [])
        let mine =
            try db.value("SELECT count(*) FROM invocations WHERE lease_owner = ?", [worker]) ?? 0
        let waiting = try counts(
            """
            SELECT agent, count(*) FROM invocations INDEXED BY invocations_queue
            WHERE state = 'queued' AND priority = 0 AND available_at <= ? AND affinity IS NULL GROUP BY agent
            """, [now])
        let free = min(
            rule.slots - mine, (rule.maxConcurrent ?? .max) - running.values.reduce(0, +))
        var startable = 0
        for (agent, count) in waiting {
            let room = (rule.agentLimits[agent] ?? .max) - (running[agent] ?? 0)
            startable += min(count, max(0, room))
            // Its own agent is at its limit: its end alone makes room there.
            if agent == invocation.agent, count > room, free >= 0 { return true }
        }
        return startable > max(0, free)
    }

    private func counts(_ sql: String, _ arguments: [(any Storable)?]) throws -> [String: Int] {
        let rows = try db.list(sql, arguments) { row in (try row[0] as String, try row[1] as Int) }
        return Dictionary(rows) { first, _ in first }
    }
}
