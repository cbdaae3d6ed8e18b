package import GuildDomain

extension ActionLedger {
    /// The actions that wait for a person, oldest first, and apart those whose row cannot be read: a decision about one of
    /// them ends it.
    package func awaitingApproval() async throws -> (
        whole: [(action: Action, agent: String)], damaged: [(id: ActionID, fault: RowFault)]
    ) {
        try await ledger.read { db in
            var damaged: [(id: ActionID, fault: RowFault)] = []
            let whole = try db.work(
                """
                SELECT a.*, i.agent AS caller FROM actions a LEFT JOIN invocations i ON i.id = a.invocation
                WHERE a.state = 'awaiting' ORDER BY a.seq LIMIT 1000
                """, []
            ) { row in
                try (action: Action(row: row), agent: row["caller"] as String)
            } fail: { seq, fault in
                // Without a name nobody could decide about it.
                let id = try? db.value("SELECT id FROM actions WHERE seq = ?", [seq], as: ActionID.self)
                if let id { damaged.append((id, fault)) } else { db.leaveOut(fault) }
            }
            return (whole, damaged)
        }
    }

    /// Whether an action can be decided now.
    ///
    /// - Throws: `ApprovalFailure` if it cannot; `RowFault` if its row is damaged: `endDamaged` ends that one.
    package func checkDecidable(_ id: ActionID, approve: Bool) async throws {
        try await ledger.read { db in _ = try db.actions.decidable(id, approve: approve) }
    }

    /// Records a person's decision: an approved action is queued, a rejected one becomes the call's error. An approval
    /// of an action that waits at a cap also releases the others that wait there in the same run, on the same subject
    /// or by the same agent, within one more allotment.
    ///
    /// - Returns: the action as it is now, and the actions released with it.
    /// - Throws: `ApprovalFailure` if it does not wait for a decision.
    package func decide(
        _ id: ActionID, approve: Bool, actor: String, reason: String?, waitUntil: Timestamp, now: Timestamp
    ) async throws -> Ruling {
        try await ledger.write { db in
            let action = try db.actions.decidable(id, approve: approve)
            guard action.state == .awaiting else { return Ruling(action: action) }
            try db.run(
                "INSERT INTO approvals (action, decided_at, decision, actor, reason) VALUES (?, ?, ?, ?, ?)",
                [id, now, approve ? "approved" : "rejected", actor, reason])
            let changed = try db.first(
                "UPDATE actions SET state = ?, available_at = ?, ended_at = ? WHERE id = ? RETURNING *",
                [approve ? "queued" : "rejected", now, approve ? nil : now, id], read: Action.init)
            var told: JSONObject = [
                "decision": approve ? "approved" : "rejected", "reason": reason.map { .string($0) } ?? .null,
            ]
            var grant: CapGrant?
            if approve {
                try db.caps.count(id, of: action.agent, now: now)
                grant = try action.hold.flatMap {
                    try db.caps.release(action, $0, actor: actor, waitUntil: waitUntil, now: now)
                }
            }
            if let grant {
                told["cap"] = .string(grant.hold.cap.key)
                told["scope"] = .string(grant.scope.key)
                told["released"] = .integer(grant.followers.count)
                told["left"] = .integer(grant.left)
                told["until"] = .string(grant.until.rfc3339)
            }
            try db.audit.append(action.entry(.approvalDecided, actor: actor, now: now, told))
            if approve {
                try db.invocations.wakeIfNothingPends(action.invocation, waitUntil: waitUntil, now: now)
            } else {
                try db.actions.deliver(
                    Action.rejection(reason: reason), isError: true, of: action, waitUntil: waitUntil, now: now)
            }
            return Ruling(action: changed ?? action, grant: grant)
        }
    }
}

extension Action {
    /// The result that the run of a rejected action gets.
    static func rejection(reason: String?) -> String {
        "a person rejected this action" + (reason.map { ": \($0)" } ?? "")
    }
}

extension ActionStatements {
    /// An action that waits for a person, or that an approval of another one has already released: somebody who
    /// approves each of a list finds those too.
    fileprivate func decidable(_ id: ActionID, approve: Bool) throws -> Action {
        // The state first: it shows of a damaged one, too, that it was decided.
        let state = try db.value("SELECT state FROM actions WHERE id = ?", [id], as: String.self)
        guard let state else { throw ApprovalFailure.unknown(id.description) }
        if state != Action.State.awaiting.rawValue {
            guard approve, try db.caps.isReleased(id) else { throw ApprovalFailure.decided(id, state: state) }
        }
        guard let action = try db.first("SELECT * FROM actions WHERE id = ?", [id], read: Action.init) else {
            throw ApprovalFailure.unknown(id.description)
        }
        return action
    }
}
