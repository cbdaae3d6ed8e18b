import Foundation
package import GuildDomain

/// Runs: their claims, turns and ends.
package struct InvocationLedger: Sendable {
    let ledger: Ledger

    /// Claims the next invocations by priority, by their chapters' shares and by age; each claim raises the attempt.
    ///
    /// - Parameter limit: the most to claim, in one transaction.
    package func claim(
        _ scope: ClaimScope, upTo limit: Int, worker: Worker, now: Timestamp
    ) async throws -> [ClaimedInvocation] {
        guard try await ledger.read({ try $0.invocations.mayClaimInvocation(now: now) }) else { return [] }
        let lease = worker.lease(now: now)
        return try await ledger.write { db in
            try db.dispatch.resumePreempted(now: now)
            var running = try db.invocations.runningByAgent(for: scope)
            // A person who runs one root waits in front of it: nothing of it is held back silently; its reservation
            // is refused with the reason.
            let heldBack = scope.root == nil ? try db.invocations.heldBack(now: now) : (condition: "", arguments: [])
            var claimed: [ClaimedInvocation] = []
            while claimed.count < limit, running.values.reduce(0, +) < scope.maxConcurrent ?? .max {
                let full = scope.limits.filter { running[$0.key, default: 0] >= $0.value }.map(\.key)
                let next = try db.fairShares.firstClaim(scope.fairShare) { share in
                    try db.invocations.claimFirst(of: scope, share, without: full, heldBack, lease, now: now)
                }
                guard let next else { break }
                running[next.invocation.agent, default: 0] += 1
                claimed.append(next)
            }
            return claimed
        }
    }

    /// The time of the next claim or recovery; nil when nothing waits for a time.
    ///
    /// - Parameter now: the instant of the last claim. Work that was available then and was not claimed waits for
    ///   something else (a slot of its agent, another worker), whose change raises a signal; without `now` it counts too.
    package func nextTime(worker: Worker, now: Timestamp? = nil) async throws -> Timestamp? {
        try await ledger.read { db in
            let alert = try db.accounts.nextAlertEnd(after: now ?? Timestamp(microseconds: 0))
            let next = try db.value(
                """
                SELECT min(t) FROM (
                    SELECT min(available_at) AS t FROM invocations INDEXED BY invocations_delayed
                        WHERE state = 'queued' AND available_at > ?
                    UNION ALL SELECT min(available_at) FROM invocations
                        WHERE state = 'waiting' AND available_at < ?
                    UNION ALL SELECT min(lease_until) FROM invocations
                        WHERE lease_owner IS NOT NULL AND lease_owner <> ?) AS t
                """, [now ?? Timestamp(microseconds: .min), Timestamp(microseconds: .max), worker.id],
                as: Timestamp.self)
            return [next, alert].compactMap(\.self).min()
        }
    }

    /// Keeps the lease of what this worker runs.
    ///
    /// - Returns: whether cancellation was asked for.
    /// - Throws: `LedgerFailure.fenced` when a newer attempt owns it: the caller must stop at once.
    package func renew(_ claim: ClaimedInvocation, worker: Worker, now: Timestamp) async throws -> Bool {
        let invocation = claim.invocation
        let lease = worker.lease(now: now)
        return try await ledger.write { db in
            let isCancelled = try db.value(
                """
                UPDATE invocations SET lease_until = ? WHERE id = ? AND attempt = ? AND lease_owner = ?
                RETURNING cancel_requested
                """, [lease.until, invocation.id, invocation.attempt, lease.owner], as: Bool.self)
            guard let isCancelled else { throw LedgerFailure.fenced(what: "invocation \(invocation.id)") }
            try db.budgets.renewReservations(of: invocation, until: lease.until)
            return isCancelled
        }
    }

    /// Puts an invocation into another state that is not final, if this attempt still owns it and the state machine
    /// allows it. One that waits comes back at `availableAt`; without that only a signal brings it back.
    package func move(
        _ invocation: Invocation, to state: InvocationState, waiting reason: WaitReason? = nil,
        availableAt: Timestamp? = nil, now: Timestamp
    ) async throws {
        try await ledger.write { db in
            try db.invocations.move(invocation, to: state, waiting: reason, availableAt: availableAt, now: now)
        }
    }

    /// Asks for cancellation, as `cancel` does.
    ///
    /// - Returns: whether there was something to cancel.
    package func requestCancel(_ id: InvocationID, actor: String, now: Timestamp) async throws -> Bool {
        switch try await cancel(id, actor: actor, now: now) {
        case .ended, .requested: true
        case .hadEnded, nil: false
        }
    }
}

extension InvocationStatements {
    /// Whether a claim may find something: looked at before the write that claims.
    fileprivate func mayClaimInvocation(now: Timestamp) throws -> Bool {
        try db.holds(
            """
            SELECT EXISTS (SELECT 1 FROM invocations INDEXED BY invocations_delayed
                WHERE state = 'queued' AND available_at <= ?)
            OR EXISTS (SELECT 1 FROM invocations INDEXED BY invocations_preempted WHERE wait_reason = 'preempted')
            """, [now])
    }

    /// The running invocations, by agent; not asked for if the scope limits nothing.
    fileprivate func runningByAgent(for scope: ClaimScope) throws -> [String: Int] {
        guard scope.maxConcurrent != nil || !scope.limits.isEmpty else { return [:] }
        let running = try db.list(
            """
            SELECT agent, count(*) FROM invocations INDEXED BY invocations_held
            WHERE lease_owner IS NOT NULL GROUP BY agent
            """
        ) { row in (try row[0] as String, try row[1] as Int) }
        return Dictionary(running) { first, _ in first }
    }

    /// Claims the first of a share that may run now. One whose row is damaged ends instead.
    fileprivate func claimFirst(
        of scope: ClaimScope, _ share: ClaimShare, without full: [String],
        _ heldBack: (condition: String, arguments: [(any Storable)?]), _ lease: Lease, now: Timestamp
    ) throws -> ClaimedInvocation? {
        let sql = """
            UPDATE invocations SET state = 'awakening', wait_reason = NULL, attempt = \(Attempt.next), lease_owner = ?,
                lease_until = ?, started_at = coalesce(started_at, ?)
            WHERE seq = (SELECT seq FROM invocations INDEXED BY \(share.index)
                WHERE state = 'queued' AND available_at <= ?
                AND (affinity IS NULL OR affinity = ?) \(scope.root == nil ? "" : "AND root = ?")
                \(full.isEmpty ? "" : "AND agent NOT IN (\(LedgerTransaction.places(full.count)))")
                \(heldBack.condition) \(share.condition)
                ORDER BY priority, seq LIMIT 1)
            RETURNING *
            """
        let values: [(any Storable)?] =
            [lease.owner, lease.until, now, now, lease.owner] + (scope.root.map { [$0] } ?? []) + full
            + heldBack.arguments + share.arguments
        while true {
            var isDamaged = false
            let claimed = try db.work(sql, values) { row in
                ClaimedInvocation(invocation: try Invocation(row: row), options: try row.json("options"))
            } fail: { seq, fault in
                isDamaged = true
                try failDamagedInvocation(seq, fault, now: now)
            }
            guard let claim = claimed.first else {
                if isDamaged { continue }
                return nil
            }
            try auditClaim(claim.invocation, lease, now: now)
            return claim
        }
    }

    private func auditClaim(_ invocation: Invocation, _ lease: Lease, now: Timestamp) throws {
        try db.audit.append(
            AuditEntry(
                at: now, actor: "executor", kind: .invocationBegun, subject: invocation.id.description,
                commit: invocation.commit, cause: invocation.event.description, root: invocation.root.description,
                body: [
                    "agent": .string(invocation.agent), "attempt": .integer(invocation.attempt),
                    "worker": .string(lease.owner.description),
                ]))
    }

    /// The work that a claim skips because an alert of its agent, its chapter or the organisation holds it back.
    func heldBack(now: Timestamp) throws -> (condition: String, arguments: [(any Storable)?]) {
        var condition = ""
        var arguments: [(any Storable)?] = []
        for (account, level) in try db.accounts.alertLevels(now: now).levels {
            guard let least = Priority.allCases.first(where: { !level.admits($0) })?.rawValue else { continue }
            switch AccountName(account) {
            case .organization:
                condition += " AND priority < ?"
                arguments += [least]
            case .agent(let name):
                condition += " AND NOT (priority >= ? AND agent = ?)"
                arguments += [least, name]
            case .chapter(let name):
                condition += " AND NOT (priority >= ? AND lower(coalesce(chapter, '')) = lower(?))"
                arguments += [least, name]
            case .swarm, .root, .invocation, nil: continue
            }
        }
        return (condition, arguments)
    }

    func find(_ id: InvocationID) throws -> Invocation? {
        try db.first("SELECT * FROM invocations WHERE id = ?", [id], read: Invocation.init)
    }

    /// The invocation as it is, if this attempt of it still owns it.
    func owned(_ invocation: Invocation) throws -> Invocation {
        let found = try db.first(
            "SELECT * FROM invocations WHERE id = ? AND attempt = ? AND lease_owner IS NOT NULL",
            [invocation.id, invocation.attempt], read: Invocation.init)
        guard let found else { throw LedgerFailure.fenced(what: "invocation \(invocation.id)") }
        return found
    }

    func move(
        _ invocation: Invocation, to state: InvocationState, waiting reason: WaitReason? = nil,
        availableAt: Timestamp? = nil, now: Timestamp
    ) throws {
        let current = try owned(invocation)
        guard current.state.canBecome(state), !state.isFinal else {
            throw StateConflict(
                subject: "invocation \(invocation.id)",
                reason: "cannot go from \(current.state.rawValue) to \(state.rawValue)")
        }
        if !state.isHeld { try closeOpenTurns(of: current, reason: "the attempt released it", now: now) }
        try setState(
            invocation.id, state, waiting: reason,
            availableAt: availableAt ?? (state == .waiting ? Timestamp(microseconds: .max) : now))
    }

    /// Sets state and lease together, as the schema's checks want them. The caller has checked the transition.
    func setState(
        _ id: InvocationID, _ state: InvocationState, waiting reason: WaitReason? = nil, availableAt: Timestamp
    ) throws {
        try db.run(
            """
            UPDATE invocations SET state = ?, wait_reason = ?, available_at = ?,
                lease_owner = CASE WHEN CAST(? AS BIGINT) = 1 THEN lease_owner END,
                lease_until = CASE WHEN CAST(? AS BIGINT) = 1 THEN lease_until END
            WHERE id = ?
            """,
            [
                state.rawValue, state == .waiting ? (reason ?? .action).rawValue : nil, availableAt, state.isHeld,
                state.isHeld, id,
            ])
    }
}

extension Invocation {
    init(row: LedgerRow) throws {
        try self.init(
            id: row["id"], agent: row["agent"], chapter: row["chapter"], commit: row["commit_id"], event: row["event"],
            root: row["root"], priority: row["priority"], createdAt: row["created_at"])
        state = try row["state"]
        waitReason = try row["wait_reason"]
        attempt = try row["attempt"]
        try row.require(Attempt.range(isHeld: state.isHeld).contains(attempt), "attempt")
        availableAt = try row["available_at"]
        startedAt = try row["started_at"]
        endedAt = try row["ended_at"]
        cancelRequested = try row["cancel_requested"]
        failures = try row["failures"]
        usage = try TokenUsage(row: row)
        costMicrodollars = try row["cost"]
        outcome = try row["outcome"]
    }
}

extension TokenUsage {
    init(row: LedgerRow) throws {
        try self.init(
            input: row["input"], cacheRead: row["cache_read"], cacheWrite: row["cache_write"], output: row["output"],
            reasoning: row["reasoning"])
    }
}
