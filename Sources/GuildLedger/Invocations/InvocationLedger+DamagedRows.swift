package import GuildDomain

/// Work whose own row is damaged ends without being read: it would otherwise be claimed, or taken back, for ever.
extension InvocationLedger {
    /// Ends an invocation that cannot be read.
    package func failDamaged(_ invocation: InvocationID, _ fault: RowFault, now: Timestamp) async throws {
        try await ledger.write { db in try db.invocations.failDamaged(invocation, fault, now: now) }
    }

    /// Ends the unfinished runs and actions that cannot be read, whatever state they are in: one in a state or of a
    /// priority that nothing claims would wait for ever.
    package func endDamaged(now: Timestamp) async throws {
        let runs = try await damaged(
            "SELECT * FROM invocations INDEXED BY invocations_unfinished WHERE ended_at IS NULL AND seq > ? ORDER BY seq LIMIT ?"
        ) { _ = try Invocation(row: $0) }
        let actions = try await damaged(
            """
            SELECT * FROM actions WHERE ended_at IS NULL AND seq > ? AND invocation IN (
                SELECT id FROM invocations WHERE ended_at IS NULL) ORDER BY seq LIMIT ?
            """
        ) { _ = try Action(row: $0) }
        guard !runs.isEmpty || !actions.isEmpty else { return }
        try await ledger.write { db in
            for (seq, fault) in actions { try db.invocations.failDamagedAction(seq, fault, now: now) }
            for (seq, fault) in runs { try db.invocations.failDamagedInvocation(seq, fault, now: now) }
        }
        ledger.damage.add((actions + runs).map(\.fault))
    }

    /// - Parameter sql: as `Ledger.scanPages` has it.
    private func damaged(
        _ sql: String, _ read: @Sendable @escaping (LedgerRow) throws -> Void
    ) async throws -> [(seq: Int64, fault: RowFault)] {
        var damaged: [(seq: Int64, fault: RowFault)] = []
        try await ledger.scanPages(sql) { _, row -> RowFault? in
            do {
                try read(row)
                return nil
            } catch let fault as RowFault {
                // One that a newer guild may have written is kept for that version.
                return fault.mayBeNewer ? nil : fault.naming(row)
            }
        } take: { page in
            for (seq, fault) in page { if let fault { damaged.append((seq, fault)) } }
        }
        return damaged
    }
}

extension ActionLedger {
    /// Ends an action that cannot be read.
    package func failDamaged(_ action: ActionID, _ fault: RowFault, now: Timestamp) async throws {
        try await ledger.write { db in try db.actions.failDamaged(action, fault, now: now) }
    }

    /// Ends an action that waits for a person and cannot be read, as that person's decision: nobody could know what is
    /// agreed to, and it would wait for ever.
    ///
    /// - Throws: `ApprovalFailure` if it does not wait for a decision.
    package func endDamaged(
        _ action: ActionID, _ fault: RowFault, approve: Bool, actor: String, reason: String?, now: Timestamp
    ) async throws {
        try await ledger.write { db in
            let found = try db.first("SELECT seq, state FROM actions WHERE id = ?", [action]) { row in
                (seq: try row[0] as Int64, state: try row[1] as String)
            }
            guard let found else { throw ApprovalFailure.unknown(action.description) }
            guard found.state == Action.State.awaiting.rawValue else {
                throw ApprovalFailure.decided(action, state: found.state)
            }
            try db.invocations.failDamagedAction(
                found.seq, fault, actor: actor,
                told: [
                    "decision": approve ? "approved" : "rejected", "reason": reason.map { .string($0) } ?? .null,
                ], result: approve ? nil : Action.rejection(reason: reason), now: now)
        }
    }
}

extension ActionStatements {
    func failDamaged(_ action: ActionID, _ fault: RowFault, now: Timestamp) throws {
        let seq: Int64? = try db.value("SELECT seq FROM actions WHERE id = ?", [action])
        if let seq { try db.invocations.failDamagedAction(seq, fault, now: now) }
    }
}

extension InvocationStatements {
    func failDamaged(_ invocation: InvocationID, _ fault: RowFault, now: Timestamp) throws {
        let seq: Int64? = try db.value("SELECT seq FROM invocations WHERE id = ?", [invocation])
        if let seq { try failDamagedInvocation(seq, fault, now: now) }
    }

    func failDamagedInvocation(_ seq: Int64, _ fault: RowFault, now: Timestamp) throws {
        try db.run(
            """
            UPDATE invocations SET state = 'failed', wait_reason = NULL, lease_owner = NULL, lease_until = NULL,
                ended_at = ?, outcome = ? WHERE seq = ?
            """, [now, fault.message, seq])
        // The damage may be in its id.
        let id = try? db.value("SELECT id FROM invocations WHERE seq = ?", [seq], as: InvocationID.self)
        try auditDamage(id?.description ?? "invocation \(seq)", .invocationEnded, actor: "executor", fault, now: now)
    }

    /// - Parameters:
    ///   - told: what the audit entry says besides.
    ///   - result: what the run is told; nil tells it the fault.
    func failDamagedAction(
        _ seq: Int64, _ fault: RowFault, actor: String = "action-executor", told: JSONObject = [:],
        result: String? = nil, now: Timestamp
    ) throws {
        try db.run(
            """
            UPDATE actions SET state = 'failed', lease_owner = NULL, lease_until = NULL, ended_at = ?, error = ?
            WHERE seq = ?
            """, [now, fault.message, seq])
        try tellRun(ofAction: seq, result ?? fault.message, now: now)
        // The damage may be in its id.
        let id = try? db.value("SELECT id FROM actions WHERE seq = ?", [seq], as: ActionID.self)
        try auditDamage(
            id?.description ?? "action \(seq)", .actionEnded, actor: actor, fault, told: told, now: now)
    }

    /// Gives the run that waits for a damaged action its failure as the result. If the damage is in the columns that
    /// name the run, it learns of it when its `action_wait` ends.
    private func tellRun(ofAction seq: Int64, _ result: String, now: Timestamp) throws {
        do {
            let call = try db.first("SELECT invocation, n, position FROM actions WHERE seq = ?", [seq]) { row in
                (invocation: try row[0] as InvocationID, turn: try row[1] as Int, position: try row[2] as Int)
            }
            guard let call else { return }
            let isOpen = try finishCall(
                call.invocation, turn: call.turn, position: call.position, result: result, isError: true)
            if isOpen { try wakeIfNothingPends(call.invocation, waitUntil: Timestamp(microseconds: .max), now: now) }
        } catch is RowFault {}
    }

    private func auditDamage(
        _ subject: String, _ kind: AuditEntry.Kind, actor: String, _ fault: RowFault, told: JSONObject = [:],
        now: Timestamp
    ) throws {
        var body: JSONObject = ["state": "failed", "damaged": .string(fault.message)]
        for member in told.members { body[member.key] = member.value }
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: kind, subject: subject, body: .object(body)))
    }
}
