package import GuildDomain

/// An action that this worker now owns.
package struct ClaimedAction: Sendable {
    package let action: Action
    /// Why it may not go out in this attempt.
    package let refusal: RateExceeded?
}

extension Ledger {
    /// Actions that one write puts off until their turns; the next write goes on.
    private static let postponedAWrite = 64

    /// Claims the oldest action whose subject has no earlier one under way, and whose turn at its connector's rate has
    /// come. One whose turn comes later takes it and stays in the queue until then: it spends no attempt and holds
    /// neither slot nor lease.
    ///
    /// - Parameter charges: what an operation takes from.
    package func claimAction(
        root: EventID?, worker: Worker, charges: @escaping @Sendable (String) -> [AdmissionTerms.Charge],
        now: Timestamp
    ) async throws -> ClaimedAction? {
        let lease = worker.lease(now: now)
        while true {
            let (claimed, isEnd) = try await write { db -> (ClaimedAction?, Bool) in
                for _ in 0..<Self.postponedAWrite {
                    guard let next = try db.claimableAction(root: root, lease: lease, now: now) else {
                        return (nil, true)
                    }
                    let turn = try next.turnAt.map { .at($0) } ?? db.takeTurn(charges(next.operation), now: now)
                    switch turn {
                    case .at(let due) where due > now: try db.postpone(next.id, until: due)
                    case .at: return (ClaimedAction(action: try db.claim(next.id, lease, now), refusal: nil), true)
                    case .refused(let limit):
                        return (ClaimedAction(action: try db.claim(next.id, lease, now), refusal: limit), true)
                    }
                }
                return (nil, false)
            }
            if isEnd { return claimed }
        }
    }

    /// The same where no operation counts against a rate.
    package func claimAction(root: EventID?, worker: Worker, now: Timestamp) async throws -> Action? {
        try await claimAction(root: root, worker: worker, charges: { _ in [] }, now: now)?.action
    }
}

extension LedgerTransaction {
    fileprivate func claimableAction(
        root: EventID?, lease: Lease, now: Timestamp
    ) throws -> (id: ActionID, operation: String, turnAt: Timestamp?)? {
        try first(
            """
            SELECT a.id, a.operation, a.turn_at FROM actions a INDEXED BY actions_queue
            WHERE a.state = 'queued' AND a.available_at <= ?
            AND (a.affinity IS NULL OR a.affinity = ?) \(root == nil ? "" : "AND a.root = ?")
            AND NOT EXISTS (SELECT 1 FROM actions b WHERE b.subject = a.subject AND b.seq < a.seq
                AND b.state IN ('queued', 'running'))
            ORDER BY a.seq LIMIT 1
            """, [now, lease.owner] + (root.map { [$0] } ?? [])
        ) { row in try (row["id"], row["operation"], row["turn_at"]) }
    }

    fileprivate func postpone(_ action: ActionID, until due: Timestamp) throws {
        try run("UPDATE actions SET available_at = ?, turn_at = ? WHERE id = ?", [due, due, action])
    }

    /// The turn is used up by the attempt: the next one takes its own.
    fileprivate func claim(_ id: ActionID, _ lease: Lease, _ now: Timestamp) throws -> Action {
        let claimed = try first(
            """
            UPDATE actions SET state = 'running', attempt = attempt + 1, lease_owner = ?, lease_until = ?,
                turn_at = NULL
            WHERE id = ? AND state = 'queued' RETURNING *
            """, [lease.owner, lease.until, id], read: Action.init)
        guard let action = claimed else { throw LedgerFailure.fenced(what: "action \(id)") }
        try run(
            "INSERT INTO action_attempts (action, attempt, started_at) VALUES (?, ?, ?)",
            [action.id, action.attempt, now])
        try appendAudit(
            action.entry(.actionAttempted, actor: "action-executor", now: now, ["attempt": .integer(action.attempt)]))
        return action
    }
}
