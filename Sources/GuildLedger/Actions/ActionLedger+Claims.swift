package import GuildDomain

extension ActionLedger {
    /// The actions that one write defers until their slots; the next write continues.
    private static let postponedAWrite = 64

    /// Claims the oldest actions whose subjects have no earlier one in progress, and whose slots at their connectors'
    /// rates have come. An action whose slot comes later takes the slot and stays in the queue until then: it spends no
    /// attempt and holds neither executor slot nor lease.
    ///
    /// - Parameters:
    ///   - limit: the most to claim, in one transaction.
    ///   - charges: the rate limits of an operation.
    package func claim(
        root: EventID?, upTo limit: Int, worker: Worker,
        charges: @escaping @Sendable (String) -> [AdmissionTerms.Charge], now: Timestamp
    ) async throws -> [ClaimedAction] {
        let isAnyDue = try await ledger.read { db in
            try db.holds(
                """
                SELECT EXISTS (SELECT 1 FROM actions INDEXED BY actions_delayed
                    WHERE state = 'queued' AND available_at <= ?)
                """, [now])
        }
        guard isAnyDue else { return [] }
        let lease = worker.lease(now: now)
        while true {
            let (claimed, isEnd) = try await ledger.write { db -> ([ClaimedAction], Bool) in
                var claimed: [ClaimedAction] = []
                for _ in 0..<(Self.postponedAWrite + limit) {
                    guard claimed.count < limit,
                        let next = try db.actions.claimableAction(root: root, lease: lease, now: now)
                    else { return (claimed, true) }
                    let turn = try next.turnAt.map { .at($0) } ?? db.rates.takeTurn(charges(next.operation), now: now)
                    var refusal: RateExceeded?
                    if case .at(let due) = turn, due > now {
                        try db.actions.postpone(next.id, until: due)
                        continue
                    }
                    if case .refused(let limit) = turn { refusal = limit }
                    guard let action = try db.actions.claim(next.id, lease, now) else { continue }
                    claimed.append(ClaimedAction(action: action, refusal: refusal))
                }
                return (claimed, !claimed.isEmpty)
            }
            if isEnd { return claimed }
        }
    }
}

extension ActionStatements {
    fileprivate func claimableAction(
        root: EventID?, lease: Lease, now: Timestamp
    ) throws -> (id: ActionID, operation: String, turnAt: Timestamp?)? {
        try db.first(
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
        try db.run("UPDATE actions SET available_at = ?, turn_at = ? WHERE id = ?", [due, due, action])
    }

    /// The slot is used up by the attempt: the next one takes its own.
    ///
    /// - Returns: nil for one whose row is damaged; it has then ended.
    fileprivate func claim(_ id: ActionID, _ lease: Lease, _ now: Timestamp) throws -> Action? {
        var isDamaged = false
        let claimed = try db.work(
            """
            UPDATE actions SET state = 'running', attempt = \(Attempt.next), lease_owner = ?, lease_until = ?,
                turn_at = NULL
            WHERE id = ? AND state = 'queued' RETURNING *
            """, [lease.owner, lease.until, id], read: Action.init
        ) { seq, fault in
            isDamaged = true
            try db.invocations.failDamagedAction(seq, fault, now: now)
        }
        guard let action = claimed.first else {
            if isDamaged { return nil }
            throw LedgerFailure.fenced(what: "action \(id)")
        }
        try db.run(
            "INSERT INTO action_attempts (action, attempt, started_at) VALUES (?, ?, ?)",
            [action.id, action.attempt, now])
        try db.audit.append(
            action.entry(.actionAttempted, actor: "action-executor", now: now, ["attempt": .integer(action.attempt)]))
        return action
    }
}
