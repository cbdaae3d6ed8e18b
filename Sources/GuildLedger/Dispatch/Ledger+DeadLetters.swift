package import GuildDomain

/// An invocation that failed for good, kept whole: its event, its journal, what it cost and why it ended.
package struct DeadLetter: Sendable, Hashable {
    package let invocation: Invocation
    /// `issues.opened`
    package let eventType: String
    package let subject: String?
    /// How many turns were answered; a retry goes on behind them.
    package let answeredTurns: Int
}

/// Why a dead letter is not to be had.
package enum DeadLetterFailure: GuildError, Equatable {
    case unknown(String)
    case notDead(String, state: InvocationState)
    case dropped(String)
    /// Retention has erased what it heard and said.
    case erased(String)

    package var kind: ErrorKind { .usage }

    package var message: String {
        switch self {
        case .unknown(let id): "there is no dead letter '\(id)'"
        case .notDead(let id, let state): "invocation \(id) is no dead letter: it is \(state.rawValue)"
        case .dropped(let id): "dead letter \(id) was dropped"
        case .erased(let id): "dead letter \(id) cannot go on: retention has erased its event and its journal"
        }
    }

    package var hint: String? {
        switch self {
        case .unknown, .dropped: "`guild dispatch dead-letters list` shows those there are"
        case .notDead(let id, _): "`guild audit show \(id)` tells what it did"
        case .erased(let id): "`guild dispatch dead-letters drop \(id)` puts it away; a new event begins anew"
        }
    }
}

extension Ledger {
    /// Invocations that failed or expired and that nobody has dropped, the newest first.
    package func deadLetters(agent: String? = nil, limit: Int) async throws -> [DeadLetter] {
        try await read { db in
            try db.all(
                """
                SELECT i.*, e.type AS event_type, e.subject AS event_subject,
                    (SELECT count(*) FROM turns t WHERE t.invocation = i.id AND t.state = 'answered') AS answered
                FROM invocations i INDEXED BY invocations_dead JOIN events e ON e.id = i.event
                WHERE i.state IN ('failed', 'expired') \(agent == nil ? "" : "AND i.agent = ?")
                AND i.id NOT IN (SELECT invocation FROM dropped_letters) ORDER BY i.seq DESC LIMIT \(limit)
                """, agent.map { [$0] } ?? []
            ) { row in
                try DeadLetter(
                    invocation: try Invocation(row: row), eventType: row["event_type"], subject: row["event_subject"],
                    answeredTurns: row["answered"])
            }
        }
    }

    /// Puts a dead letter back into the queue: it goes on behind its journal, with all its retries before it. An answer
    /// that it ended on is set aside, so that the model is asked again; what it cost stays in the books.
    ///
    /// - Throws: `DeadLetterFailure`.
    package func retryDeadLetter(_ text: String, actor: String, now: Timestamp) async throws -> Invocation {
        try await write(touching: [.invocations, .outcomes]) { db in
            let invocation = try db.deadLetter(text)
            guard try !db.isErased(invocation.event) else { throw DeadLetterFailure.erased(text) }
            try db.setAsideLastAnswer(of: invocation.id)
            try db.run(
                """
                UPDATE invocations SET state = 'queued', failures = 0, available_at = ?, ended_at = NULL,
                    cancel_requested = 0 WHERE id = ?
                """, [now, invocation.id])
            try db.appendAudit(
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
        try await write(touching: [.outcomes]) { db in
            let invocation = try db.deadLetter(text)
            try db.run(
                "INSERT INTO dropped_letters (invocation, at, actor, reason) VALUES (?, ?, ?, ?)",
                [invocation.id, now, actor, reason])
            try db.appendAudit(
                invocation.entry(
                    .operatorCommand, actor: actor, now: now,
                    [
                        "agent": .string(invocation.agent), "command": "dead-letters drop", "reason": .string(reason),
                    ]))
            return invocation
        }
    }
}

extension LedgerTransaction {
    fileprivate func deadLetter(_ text: String) throws -> Invocation {
        guard let id = InvocationID(text), let invocation = try invocation(id) else {
            throw DeadLetterFailure.unknown(text)
        }
        guard invocation.state == .failed || invocation.state == .expired else {
            throw DeadLetterFailure.notDead(text, state: invocation.state)
        }
        let isDropped = try holds("SELECT EXISTS (SELECT 1 FROM dropped_letters WHERE invocation = ?)", [id])
        guard !isDropped else { throw DeadLetterFailure.dropped(text) }
        return invocation
    }

    fileprivate func isErased(_ event: EventID) throws -> Bool {
        try holds("SELECT EXISTS (SELECT 1 FROM events WHERE id = ? AND erased_at IS NOT NULL)", [event])
    }

    /// An answer that asks for nothing is where the invocation ended: with it in the journal it would end there again.
    fileprivate func setAsideLastAnswer(of invocation: InvocationID) throws {
        try run(
            """
            UPDATE turns SET state = 'lost' WHERE invocation = ?1 AND state = 'answered'
            AND n = (SELECT max(n) FROM turns WHERE invocation = ?1 AND state = 'answered')
            AND NOT EXISTS (SELECT 1 FROM tool_calls c WHERE c.invocation = ?1 AND c.n = turns.n)
            """, [invocation])
    }
}
