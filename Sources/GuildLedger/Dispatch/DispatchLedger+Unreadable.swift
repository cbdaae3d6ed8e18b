package import GuildDomain

/// Messages whose event cannot be read leave their queue, so that they block nothing behind them.
///
///     row missing or damaged ──▶ decided as invalid (audit entry), message gone
///     body of a newer guild  ──▶ unreadable/TOPIC ──start of a dispatcher──▶ TOPIC, where it is tried again
extension DispatchLedger {
    /// Takes a message out of its queue, with an audit entry.
    ///
    /// - Returns: nil if somebody else has taken it.
    func end(_ message: FaultyMessage, now: Timestamp) async throws -> UnreadableMessage? {
        try await ledger.write { db in try db.dispatch.end(message, now: now) }
    }

    /// Puts the kept messages back into their queues: this process may be of the version that can read them.
    ///
    /// - Returns: how many there were.
    @discardableResult
    package func retryUnreadable(now: Timestamp) async throws -> Int {
        // Most ledgers have none, and a start should not write for that.
        guard try await hasUnreadable() else { return 0 }
        return try await ledger.write { db in
            try db.changes(
                """
                UPDATE messages SET topic = substr(topic, 12),
                    available_at = CASE WHEN topic = 'unreadable/inbound' THEN CAST(?1 AS BIGINT) ELSE CAST(?2 AS BIGINT) END
                WHERE topic >= 'unreadable/' AND topic < 'unreadable0'
                """, [now, now + EventHold.longest])
        }
    }

    /// The events that wait for a version that can read their payloads, the oldest first, for people: nothing is written.
    package func unreadableEvents(limit: Int) async throws -> [Event] {
        try await ledger.read { db in
            try db.dispatch.messages(
                """
                SELECT m.seq, m.event AS named, e.* FROM messages m LEFT JOIN events e ON e.id = m.event
                WHERE m.topic >= 'unreadable/' AND m.topic < 'unreadable0' ORDER BY m.topic, m.seq LIMIT ?
                """, [limit], read: Event.init(row:)
            ).whole
        }
    }

    private func hasUnreadable() async throws -> Bool {
        try await ledger.read { db in
            try db.holds(
                "SELECT EXISTS (SELECT 1 FROM messages WHERE topic >= 'unreadable/' AND topic < 'unreadable0')")
        }
    }
}

/// A message of a queue that cannot be read, by its number.
struct FaultyMessage: Sendable {
    let seq: Int64
    let fault: RowFault
}

extension DispatchStatements {
    /// Reads messages with their events, whole ones and others.
    ///
    /// - Parameter sql: gives the columns `seq` and `named` of the message, and then those of its event, which may be
    ///   missing.
    func messages<Value>(
        _ sql: String, _ values: [(any Storable)?], read: (LedgerRow) throws -> Value
    ) throws -> (whole: [Value], faulty: [FaultyMessage]) {
        var faulty: [FaultyMessage] = []
        let whole = try db.work(sql, values) { row in
            guard try row["id"] as EventID? != nil else { throw RowFault.lostEvent(try row["named"], sql: sql) }
            return try read(row)
        } fail: {
            faulty.append(FaultyMessage(seq: $0, fault: $1))
        }
        return (whole, faulty)
    }

    fileprivate func end(_ message: FaultyMessage, now: Timestamp) throws -> UnreadableMessage? {
        // The number alone is certain: the damage may be in what it names.
        guard message.fault.mayBeNewer else {
            let event = try db.first(
                "DELETE FROM messages WHERE seq = ? RETURNING event", [message.seq]
            ) { row in EventID(stored: row.source, column: 0) }
            guard let event else { return nil }
            try auditInvalid(event?.description ?? "message \(message.seq)", event, message.fault, now: now)
            return UnreadableMessage(event: event, fault: message.fault)
        }
        let kept = try db.first(
            """
            UPDATE messages SET topic = 'unreadable/' || topic, attempts = attempts + 1
            WHERE seq = ? AND NOT (topic >= 'unreadable/' AND topic < 'unreadable0') RETURNING event, attempts
            """, [message.seq]
        ) { row in (event: try row[0] as EventID, attempts: try row[1] as Int) }
        guard let kept else { return nil }
        // Each start of a version that cannot read it would add an entry.
        if kept.attempts == 1 {
            try db.audit.append(
                AuditEntry(
                    at: now, actor: "dispatcher", kind: .eventHeld, subject: kept.event.description,
                    cause: kept.event.description, body: ["reason": .string(message.fault.message)]))
        }
        return UnreadableMessage(event: kept.event, fault: message.fault)
    }

    func hasEvent(_ event: EventID) throws -> Bool {
        try db.holds("SELECT EXISTS (SELECT 1 FROM events WHERE id = ?)", [event])
    }

    /// Ends what waited for a time and now has no event: it would be decided again for ever.
    func endLost(_ decision: Decision, of event: EventPlace, now: Timestamp) throws -> Decision {
        let fault = RowFault.lostEvent(event.id, sql: "SELECT event FROM decisions")
        var decision = decision
        decision.outcome = .invalid
        decision.reasons = [fault.message]
        if let invocation = decision.invocation {
            try db.rates.giveBackTokens(of: invocation.id)
            try db.run("DELETE FROM merged_events WHERE invocation = ?", [invocation.id])
        }
        try auditInvalid(decision.named?.description ?? event.id.description, event.id, fault, now: now)
        return decision
    }

    /// Records that work for an event was decided as invalid because its row cannot be read. The chain alone says so: a
    /// decision names an event, which is not there, or not whole.
    func auditInvalid(_ subject: String, _ event: EventID?, _ fault: RowFault, now: Timestamp) throws {
        try db.audit.append(
            AuditEntry(
                at: now, actor: "dispatcher", kind: .dispatchDecided, subject: subject, cause: event?.description,
                body: [
                    "outcome": .string(Decision.Outcome.invalid.rawValue),
                    "reasons": .array([.string(fault.message)]), "damaged": .string(fault.message),
                ]))
    }
}
