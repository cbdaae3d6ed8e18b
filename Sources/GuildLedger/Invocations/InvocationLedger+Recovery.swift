import Foundation
package import GuildDomain

extension InvocationLedger {
    /// Things of each kind that one recovery takes back; the next one continues.
    private static let recoveryLimit = 1000

    /// Takes back claims of dead workers and expired leases, and ends waits whose time is up: at most 1,000 of each, so
    /// that a caller continues while `recoveryNeed` says `now`.
    ///
    /// An open reservation that was only held is released; one that was sent is posted at its bound, marked estimated,
    /// because the provider may have billed it.
    package func recover(except worker: Worker, now: Timestamp) async throws -> Recovery {
        let foreign = try await foreignOwners(worker)
        let dead = try await Set(foreign.workers + ledger.workers.registered()).subtracting([worker.id]).filter(
            ledger.workers.isDead)
        // A damaged owner owns nothing.
        let gone: [any Storable] = dead.map { $0.bytes } + foreign.damaged
        let found = try await ledger.write { db in
            var found = Recovery()
            for owner in gone {
                found.released += try db.invocations.clearAffinity(to: owner)
            }
            for owner in dead {
                try db.run("UPDATE workers SET ended_at = ? WHERE id = ? AND ended_at IS NULL", [now, owner])
            }
            let held = """
                lease_owner IS NOT NULL AND lease_owner <> ? AND (
                    lease_until <= ? OR lease_owner IN (\(LedgerTransaction.places(gone.count))))
                ORDER BY seq LIMIT \(Self.recoveryLimit)
                """
            let arguments: [(any Storable)?] = [worker.id, now] + gone
            let invocations = try db.work(
                "SELECT * FROM invocations WHERE \(held)", arguments, read: Invocation.init
            ) { seq, fault in try db.invocations.failDamagedInvocation(seq, fault, now: now) }
            for invocation in invocations {
                let fault = try db.attempt { try db.invocations.reclaim(invocation, now: now) }
                if let fault { try db.invocations.failDamaged(invocation.id, fault, now: now) }
                found.invocations += 1
            }
            let actions = try db.work("SELECT * FROM actions WHERE \(held)", arguments, read: Action.init) {
                seq, fault in
                try db.invocations.failDamagedAction(seq, fault, now: now)
            }
            for action in actions {
                let fault = try db.attempt { try db.invocations.reclaim(action, now: now) }
                if let fault { try db.actions.failDamaged(action.id, fault, now: now) }
                found.actions += 1
            }
            // After those of the attempts that were taken back: the remaining ones have an owner that no longer renews
            // anything.
            found.reservations = try db.budgets.expireReservations(now: now)
            found.waits = try db.invocations.endOverdueWaits(limit: Self.recoveryLimit, now: now)
            return found
        }
        for owner in dead { unlink(ledger.workers.lockPath(of: owner)) }
        return found
    }

    /// The workers other than this one that hold something or are wanted for something, and what stands there but is no
    /// worker.
    func foreignOwners(_ worker: Worker) async throws -> (workers: [WorkerID], damaged: [[UInt8]]) {
        let owners = try await ledger.read { db in
            try db.column(
                """
                SELECT lease_owner FROM invocations WHERE lease_owner IS NOT NULL AND lease_owner <> ?
                UNION SELECT lease_owner FROM actions WHERE lease_owner IS NOT NULL AND lease_owner <> ?
                UNION SELECT affinity FROM invocations WHERE affinity IS NOT NULL AND affinity <> ?
                    AND state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')
                UNION SELECT affinity FROM actions WHERE affinity IS NOT NULL AND affinity <> ?
                    AND state NOT IN ('succeeded', 'failed', 'rejected', 'cancelled')
                """, [worker.id, worker.id, worker.id, worker.id], as: [UInt8].self)
        }
        return (owners.compactMap { WorkerID(bytes: $0) }, owners.filter { WorkerID(bytes: $0) == nil })
    }
}

extension InvocationStatements {
    /// Settles an attempt's open reservations and queues the invocation again.
    fileprivate func reclaim(_ invocation: Invocation, now: Timestamp) throws {
        try closeOpenTurns(of: invocation, reason: "the worker died during the call", now: now)
        try setState(invocation.id, .queued, availableAt: now)
        try db.audit.append(
            AuditEntry(
                at: now, actor: "executor", kind: .invocationReclaimed, subject: invocation.id.description,
                commit: invocation.commit, cause: invocation.event.description, root: invocation.root.description,
                body: ["agent": .string(invocation.agent), "attempt": .integer(invocation.attempt)]))
    }

    fileprivate func reclaim(_ action: Action, now: Timestamp) throws {
        try db.actions.endAttempt(action, outcome: "lost: its worker died", now: now)
        try db.run(
            """
            UPDATE actions SET state = 'queued', lease_owner = NULL, lease_until = NULL, available_at = ?
            WHERE id = ?
            """, [now, action.id])
        try db.audit.append(
            action.entry(
                .actionRetried, actor: "action-executor", now: now,
                ["attempt": .integer(action.attempt), "reason": "its worker died"]))
    }

    /// Invocations that waited for a time are queued again. After `actionWait` the model learns that its action is
    /// accepted but not finished; an invocation that waited for something else has not waited for the action yet.
    fileprivate func endOverdueWaits(limit: Int, now: Timestamp) throws -> Int {
        let overdue = try db.listed(
            "SELECT id FROM invocations WHERE state = 'waiting' AND available_at <= ? LIMIT \(limit)", [now],
            as: InvocationID.self)
        for invocation in overdue {
            let fault = try db.attempt { try endWait(of: invocation, now: now) }
            if let fault { try failDamaged(invocation, fault, now: now) }
        }
        return overdue.count
    }

    private func endWait(of invocation: InvocationID, now: Timestamp) throws {
        if try expireOwnWait(of: invocation, now: now) { return }
        let pending = try db.all(
            """
            SELECT n, position, name, action FROM tool_calls
            WHERE invocation = ? AND state = 'pending' AND action IS NOT NULL
                AND EXISTS (SELECT 1 FROM invocations i WHERE i.id = invocation AND i.wait_reason = 'action')
            """, [invocation]
        ) { row in
            (
                turn: try row["n"] as Int, position: try row["position"] as Int, name: try row["name"] as String,
                action: try row["action"] as ActionID?
            )
        }
        for call in pending {
            let text = "accepted, \(call.action.map(\.description) ?? ""), not finished"
            let isNew = try finishCall(
                invocation, turn: call.turn, position: call.position, result: text, isError: false)
            // The model receives a result that the action itself has not reported: it must be accounted for.
            if isNew { try auditOverdue(call.name, action: call.action, of: invocation, now: now) }
        }
        try setState(invocation, .queued, availableAt: now)
    }

    /// Ends a run that waits for its own budget, or its root's: no time gives it room, and no person has.
    ///
    /// - Returns: whether it was one.
    private func expireOwnWait(of id: InvocationID, now: Timestamp) throws -> Bool {
        let setting: String? = try db.value(
            """
            SELECT w.setting FROM budget_waits w JOIN invocations i ON i.id = w.invocation
            WHERE w.invocation = ? AND i.wait_reason = 'budget' AND w.period = 'perInvocation'
                AND w.frees_up_at IS NULL AND w.max_level = 0
            """, [id])
        guard let setting, let invocation = try find(id) else { return false }
        let hours = BudgetStatements.longestOwnWait.microseconds / Duration.seconds(3600).microseconds
        try end(
            invocation, as: .expired,
            outcome: "waited \(hours) h for room in its own budget (\(setting)), and nobody raised the limit", now: now)
        return true
    }

    private func auditOverdue(
        _ tool: String, action: ActionID?, of invocation: InvocationID, now: Timestamp
    ) throws {
        guard let current = try self.find(invocation) else { return }
        try db.audit.append(
            current.entry(
                .toolCalled, now: now,
                [
                    "agent": .string(current.agent), "tool": .string(tool), "error": false, "overdue": true,
                    "action": action.map { .string($0.description) } ?? .null,
                ]))
    }
}
