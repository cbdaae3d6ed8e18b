import Foundation
package import GuildDomain

/// Actions: their claims, tries and approvals.
package struct ActionLedger: Sendable {
    let ledger: Ledger

    /// Renews the worker's lease on an action.
    package func renew(_ action: Action, worker: Worker, now: Timestamp) async throws {
        let lease = worker.lease(now: now)
        try await ledger.write { db in
            let changed = try db.changes(
                "UPDATE actions SET lease_until = ? WHERE id = ? AND attempt = ? AND lease_owner = ?",
                [lease.until, action.id, action.attempt, lease.owner])
            guard changed == 1 else { throw LedgerFailure.fenced(what: "action \(action.id)") }
        }
    }

    /// Records the action's result and returns it to the model as the call's result, in one transaction; for autonomy
    /// 2, "do and notify", with the notification.
    package func finish(
        _ action: Action, succeeded: Bool, result: String, waitUntil: Timestamp, now: Timestamp
    ) async throws {
        try await ledger.write { db in
            let changed = try db.changes(
                """
                UPDATE actions SET state = ?, ended_at = ?, result = ?, error = ?, lease_owner = NULL, lease_until = NULL
                WHERE id = ? AND attempt = ? AND state = 'running'
                """,
                [
                    succeeded ? "succeeded" : "failed", now, succeeded ? result : nil, succeeded ? nil : result,
                    action.id,
                    action.attempt,
                ])
            guard changed == 1 else { throw LedgerFailure.fenced(what: "action \(action.id)") }
            try db.actions.endAttempt(action, outcome: succeeded ? "succeeded" : "failed: \(result)", now: now)
            try db.audit.append(
                action.entry(
                    .actionEnded, actor: "action-executor", now: now,
                    ["state": succeeded ? "succeeded" : "failed", "attempt": .integer(action.attempt)]))
            if action.autonomy == .notify { try db.actions.notify(about: action, succeeded: succeeded, now: now) }
            try db.actions.deliver(result, isError: !succeeded, of: action, waitUntil: waitUntil, now: now)
        }
    }

    /// Puts an action back for another try at `availableAt`.
    package func retryLater(
        _ action: Action, reason: String, availableAt: Timestamp, now: Timestamp
    ) async throws {
        try await ledger.write { db in
            let changed = try db.changes(
                """
                UPDATE actions SET state = 'queued', available_at = ?, error = ?, lease_owner = NULL, lease_until = NULL
                WHERE id = ? AND attempt = ? AND state = 'running'
                """, [availableAt, reason, action.id, action.attempt])
            guard changed == 1 else { throw LedgerFailure.fenced(what: "action \(action.id)") }
            try db.actions.endAttempt(action, outcome: "retry: \(reason)", now: now)
            try db.audit.append(
                action.entry(
                    .actionRetried, actor: "action-executor", now: now,
                    ["attempt": .integer(action.attempt), "reason": .string(ScreenText.prefix(reason, scalars: 1000))]))
        }
    }

    /// Puts back an action whose attempt only looked for the result of an earlier one. It sent nothing, so it counts
    /// neither as a try nor as the time of one.
    package func lookAgain(_ action: Action, reason: String, at time: Timestamp, now: Timestamp) async throws {
        try await ledger.write { db in
            let changed = try db.changes(
                """
                UPDATE actions SET state = 'queued', attempt = attempt - 1, available_at = ?, error = ?,
                    lease_owner = NULL, lease_until = NULL
                WHERE id = ? AND attempt = ? AND state = 'running'
                """, [time, reason, action.id, action.attempt])
            guard changed == 1 else { throw LedgerFailure.fenced(what: "action \(action.id)") }
            try db.run("DELETE FROM action_attempts WHERE action = ? AND attempt = ?", [action.id, action.attempt])
            try db.audit.append(
                action.entry(
                    .actionRetried, actor: "action-executor", now: now,
                    ["attempt": .integer(action.attempt), "reason": .string(reason)]))
        }
    }

    /// The actions that an invocation requested, in their order.
    package func list(of invocation: InvocationID) async throws -> [Action] {
        try await ledger.read { db in
            try db.all("SELECT * FROM actions WHERE invocation = ? ORDER BY seq", [invocation], read: Action.init)
        }
    }

    /// The actions that are still to be done though the invocation that asked for them has ended, the oldest first.
    package func left(limit: Int) async throws -> [Action] {
        try await ledger.read { db in
            try db.list(
                """
                SELECT a.* FROM actions a JOIN invocations i ON i.id = a.invocation
                WHERE a.state IN ('queued', 'running') AND i.ended_at IS NOT NULL ORDER BY a.seq LIMIT ?
                """, [limit], read: Action.init)
        }
    }

    /// The time of the next claim or recovery; nil when nothing waits for a time.
    ///
    /// - Parameter now: the instant of the last claim. Actions that were available then and were not claimed wait for
    ///   an earlier action on their subject, whose end raises a signal; without `now` they count too.
    package func nextTime(worker: Worker, now: Timestamp? = nil) async throws -> Timestamp? {
        try await ledger.read { db in
            try db.value(
                """
                SELECT min(t) FROM (SELECT min(available_at) AS t FROM actions INDEXED BY actions_delayed
                    WHERE state = 'queued' AND available_at > ?
                UNION ALL SELECT min(lease_until) FROM actions WHERE lease_owner IS NOT NULL AND lease_owner <> ?) AS t
                """, [now ?? Timestamp(microseconds: .min), worker.id], as: Timestamp.self)
        }
    }
}

extension ActionStatements {
    func insert(
        _ action: ActionRequest, turn: Int, position: Int, of invocation: Invocation, now: Timestamp
    ) throws {
        // An action that a person has to approve anyway counts once it is approved.
        let needsPerson = action.autonomy == .approve || action.policy != nil
        let hold =
            needsPerson
            ? nil
            : try db.caps.capHolding(
                invocation.id, of: invocation.agent, countsOn: action.countsOn, action.caps, now: now)
        let awaits = needsPerson || hold != nil
        try db.run(
            """
            INSERT INTO actions (id, invocation, root, n, position, connector, operation, subject, arguments, reason,
                autonomy, idempotency_key, state, available_at, created_at, affinity, agent, counts_on, held_by, caps,
                policy)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                (SELECT affinity FROM invocations WHERE id = ?), ?, ?, ?, ?, ?)
            """,
            [
                action.id, invocation.id, invocation.root, turn, position, action.connector, action.operation,
                action.subject, action.arguments.text(), action.reason, action.autonomy.rawValue,
                action.id.description, awaits ? "awaiting" : "queued", now, now, invocation.id, invocation.agent,
                action.countsOn, hold?.cap.rawValue, hold.map { _ in action.caps.json.text() },
                action.policy,
            ])
        if !awaits { try db.caps.count(action.id, of: invocation.agent, now: now) }
        let told: JSONObject = [
            "agent": .string(invocation.agent), "operation": .string(action.operation),
            "subject": .string(action.subject), "cap": hold.map { .string($0.cap.key) } ?? .null,
            "reason": hold.map { .string($0.reason) } ?? .null, "policy": action.policy.map { .string($0) } ?? .null,
            "autonomy": .integer(action.autonomy.rawValue),
            "arguments_sha256": .string(ContentDigest.hex(of: action.arguments.bytes(.canonical))),
        ]
        try db.audit.append(
            AuditEntry(
                at: now, actor: "executor", kind: awaits ? .approvalRequested : .actionRequested,
                subject: action.id.description, commit: invocation.commit, cause: invocation.id.description,
                root: invocation.root.description, body: .object(told)))
    }

    /// Gives an action's call its result, and wakes the invocation if that was the last one it waited for.
    func deliver(
        _ result: String, isError: Bool, of action: Action, waitUntil: Timestamp, now: Timestamp
    ) throws {
        try db.invocations.finishCall(
            action.invocation, turn: action.turn, position: action.position, result: result, isError: isError)
        try db.invocations.wakeIfNothingPends(action.invocation, waitUntil: waitUntil, now: now)
    }

    /// Cancels the actions of an ending invocation: those that nobody has approved, and with `alsoQueued` those that
    /// have not begun.
    func cancelActions(of invocation: InvocationID, alsoQueued: Bool, actor: String, now: Timestamp) throws {
        let open = try db.work(
            """
            SELECT * FROM actions WHERE invocation = ? AND state IN ('awaiting'\(alsoQueued ? ", 'queued'" : ""))
            ORDER BY seq
            """, [invocation], read: Action.init
        ) { seq, fault in try db.invocations.failDamagedAction(seq, fault, now: now) }
        for action in open {
            try db.run("UPDATE actions SET state = 'cancelled', ended_at = ? WHERE id = ?", [now, action.id])
            try db.audit.append(
                action.entry(
                    .actionEnded, actor: actor, now: now,
                    ["state": "cancelled", "attempt": .integer(action.attempt)]))
        }
    }

    func endAttempt(_ action: Action, outcome: String, now: Timestamp) throws {
        try db.run(
            "UPDATE action_attempts SET ended_at = ?, outcome = ? WHERE action = ? AND attempt = ?",
            [now, ScreenText.prefix(outcome, scalars: 1000), action.id, action.attempt])
    }

    fileprivate func notify(about action: Action, succeeded: Bool, now: Timestamp) throws {
        let text = "\(action.operation) on \(action.subject) \(succeeded ? "was done" : "failed"): \(action.reason)"
        try db.run(
            """
            INSERT INTO notifications (id, at, recipient, severity, text, invocation, action, state)
            VALUES (?, ?, 'chapter', 'info', ?, ?, ?, 'pending')
            """,
            [
                NotificationID(now: now), now, ScreenText.prefix(text, scalars: 2000), action.invocation, action.id,
            ])
    }
}

extension Action {
    init(row: LedgerRow) throws {
        try self.init(
            id: row["id"], invocation: row["invocation"], root: row["root"], agent: row["agent"] as String? ?? "",
            connector: row["connector"], operation: row["operation"], subject: row["subject"],
            createdAt: row["created_at"])
        turn = try row["n"]
        position = try row["position"]
        arguments = try row.json("arguments")
        reason = try row["reason"]
        autonomy = try row["autonomy"]
        idempotencyKey = try row["idempotency_key"]
        state = try row["state"]
        attempt = try row["attempt"]
        try row.require(Attempt.range(isHeld: state == .running).contains(attempt), "attempt")
        availableAt = try row["available_at"]
        endedAt = try row["ended_at"]
        result = try row["result"]
        error = try row["error"]
        hold = try (row["held_by"] as ActionCap?).map { cap in
            try CapHold(cap, ActionCaps(json: row.json("caps"))[cap])
        }
        countsOn = try row["counts_on"]
        policy = try row["policy"]
    }

    func entry(_ kind: AuditEntry.Kind, actor: String, now: Timestamp, _ more: JSONObject) -> AuditEntry {
        var body: JSONObject = ["operation": .string(operation), "subject": .string(subject)]
        for member in more.members { body[member.key] = member.value }
        return AuditEntry(
            at: now, actor: actor, kind: kind, subject: id.description, cause: invocation.description,
            root: root.description, body: .object(body))
    }
}
