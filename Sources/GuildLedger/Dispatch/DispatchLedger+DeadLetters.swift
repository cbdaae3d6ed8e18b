package import GuildDomain

extension DispatchLedger {
    /// Invocations that failed or expired and that nobody has dropped, the newest first.
    package func deadLetters(agent: String? = nil, limit: Int) async throws -> [DeadLetter] {
        try await ledger.read { db in
            try db.list(
                """
                SELECT i.*, e.type AS event_type, e.subject AS event_subject, e.erased_at,
                    (SELECT count(*) FROM turns t WHERE t.invocation = i.id AND t.state = 'answered') AS answered
                FROM invocations i INDEXED BY invocations_dead JOIN events e ON e.id = i.event
                WHERE i.state IN ('failed', 'expired') \(agent == nil ? "" : "AND i.agent = ?")
                AND i.id NOT IN (SELECT invocation FROM dropped_letters) ORDER BY i.seq DESC LIMIT \(limit)
                """, agent.map { [$0] } ?? []
            ) { row in
                try DeadLetter(
                    invocation: try Invocation(row: row), eventType: row["event_type"], subject: row["event_subject"],
                    answeredTurns: row["answered"], isErased: row["erased_at"] as Timestamp? != nil)
            }
        }
    }

    /// Queues a dead letter again: it continues after its journal, with all its retries available. An answer that it
    /// ended on is set aside, so that the model is asked again; its cost stays in the accounts.
    ///
    /// - Throws: `DeadLetterFailure`.
    package func retryDeadLetter(_ text: String, actor: String, now: Timestamp) async throws -> Invocation {
        try await ledger.write { db in
            let invocation = try db.dispatch.deadLetter(text)
            guard try !db.dispatch.isErased(invocation.event) else { throw DeadLetterFailure.erased(text) }
            try db.dispatch.setAsideLastAnswer(of: invocation.id)
            try db.run(
                """
                UPDATE invocations SET state = 'queued', failures = 0, available_at = ?, ended_at = NULL,
                    cancel_requested = 0 WHERE id = ?
                """, [now, invocation.id])
            try db.audit.append(
                invocation.entry(
                    .operatorCommand, actor: actor, now: now,
                    ["agent": .string(invocation.agent), "command": "dead-letters retry"]))
            var queued = invocation
            queued.state = .queued
            queued.failures = 0
            queued.availableAt = now
            queued.endedAt = nil
            return queued
        }
    }

    /// Puts a dead letter away for good; its rows stay for the audit.
    ///
    /// - Throws: `DeadLetterFailure`.
    package func dropDeadLetter(
        _ text: String, reason: String, actor: String, now: Timestamp
    ) async throws -> Invocation {
        try await ledger.write { db in
            let invocation = try db.dispatch.deadLetter(text)
            try db.run(
                "INSERT INTO dropped_letters (invocation, at, actor, reason) VALUES (?, ?, ?, ?)",
                [invocation.id, now, actor, reason])
            try db.audit.append(
                invocation.entry(
                    .operatorCommand, actor: actor, now: now,
                    [
                        "agent": .string(invocation.agent), "command": "dead-letters drop", "reason": .string(reason),
                    ]))
            return invocation
        }
    }
}

extension DispatchStatements {
    fileprivate func deadLetter(_ text: String) throws -> Invocation {
        guard let id = InvocationID(text), let invocation = try db.invocations.find(id) else {
            throw DeadLetterFailure.unknown(text)
        }
        guard invocation.state == .failed || invocation.state == .expired else {
            throw DeadLetterFailure.notDead(text, state: invocation.state)
        }
        let isDropped = try db.holds("SELECT EXISTS (SELECT 1 FROM dropped_letters WHERE invocation = ?)", [id])
        guard !isDropped else { throw DeadLetterFailure.dropped(text) }
        return invocation
    }

    fileprivate func isErased(_ event: EventID) throws -> Bool {
        try db.holds("SELECT EXISTS (SELECT 1 FROM events WHERE id = ? AND erased_at IS NOT NULL)", [event])
    }

    /// The invocation ended at an answer without tool calls: with that answer in the journal it would end there again.
    fileprivate func setAsideLastAnswer(of invocation: InvocationID) throws {
        try db.run(
            """
            UPDATE turns SET state = 'lost' WHERE invocation = ?1 AND state = 'answered'
            AND n = (SELECT max(n) FROM turns WHERE invocation = ?1 AND state = 'answered')
            AND NOT EXISTS (SELECT 1 FROM tool_calls c WHERE c.invocation = ?1 AND c.n = turns.n)
            """, [invocation])
    }
}
