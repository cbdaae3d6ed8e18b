package import GuildDomain

/// Work whose own row is damaged ends without being read: it would otherwise be claimed, or taken back, for ever.
extension InvocationLedger {
    /// Ends an invocation that cannot be read.
    package func failDamaged(_ invocation: InvocationID, _ fault: RowFault, now: Timestamp) async throws {
        try await ledger.write { db in
            let seq: Int64? = try db.value("SELECT seq FROM invocations WHERE id = ?", [invocation])
            if let seq { try db.invocations.failDamagedInvocation(seq, fault, now: now) }
        }
    }

}

extension ActionLedger {
    /// Ends an action that cannot be read.
    package func failDamaged(_ action: ActionID, _ fault: RowFault, now: Timestamp) async throws {
        try await ledger.write { db in
            let seq: Int64? = try db.value("SELECT seq FROM actions WHERE id = ?", [action])
            if let seq { try db.invocations.failDamagedAction(seq, fault, now: now) }
        }
    }
}

extension InvocationStatements {
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

    func failDamagedAction(_ seq: Int64, _ fault: RowFault, now: Timestamp) throws {
        try db.run(
            """
            UPDATE actions SET state = 'failed', lease_owner = NULL, lease_until = NULL, ended_at = ?, error = ?
            WHERE seq = ?
            """, [now, fault.message, seq])
        try tellRun(ofAction: seq, fault, now: now)
        // The damage may be in its id.
        let id = try? db.value("SELECT id FROM actions WHERE seq = ?", [seq], as: ActionID.self)
        try auditDamage(id?.description ?? "action \(seq)", .actionEnded, actor: "action-executor", fault, now: now)
    }

    /// Gives the run that waits for a damaged action its failure as the result. If the damage is in the columns that
    /// name the run, it learns of it when its `action_wait` ends.
    private func tellRun(ofAction seq: Int64, _ fault: RowFault, now: Timestamp) throws {
        do {
            let call = try db.first("SELECT invocation, n, position FROM actions WHERE seq = ?", [seq]) { row in
                (invocation: try row[0] as InvocationID, turn: try row[1] as Int, position: try row[2] as Int)
            }
            guard let call else { return }
            let isOpen = try finishCall(
                call.invocation, turn: call.turn, position: call.position, result: fault.message, isError: true)
            if isOpen { try wakeIfNothingPends(call.invocation, waitUntil: Timestamp(microseconds: .max), now: now) }
        } catch is RowFault {}
    }

    private func auditDamage(
        _ subject: String, _ kind: AuditEntry.Kind, actor: String, _ fault: RowFault, now: Timestamp
    ) throws {
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: kind, subject: subject,
                body: ["state": "failed", "damaged": .string(fault.message)]))
    }
}
