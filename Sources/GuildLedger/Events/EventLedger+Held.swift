package import GuildDomain

/// Events that may be the echo of our own writes, while it is not known who we are.
///
///     accept ──▶ held:SYSTEM ──identity known──▶ inbound (own or not, in the order of their arrival)
///                    └───────────24 h──────────▶ decided as blocked
extension EventLedger {
    /// Held messages that are counted one by one.
    fileprivate static let countLimit = 100_000
    fileprivate static let topics = "topic >= 'held:' AND topic < 'held;'"

    /// The oldest held events of a system, without their payloads, for people: nothing is written.
    package func held(system: String, limit: Int) async throws -> [Event] {
        try await ledger.read { db in try db.events.held(system: system, limit: limit).whole.map(\.event) }
    }

    /// The oldest held events of a system, with their payloads, for release. A message whose event is missing or cannot
    /// be read is taken out of the queue, with an audit entry.
    ///
    /// - Parameter tell: called with each message that was taken out.
    package func takeHeld(
        system: String, limit: Int, now: Timestamp, tell: (UnreadableMessage) -> Void = { _ in }
    ) async throws -> [HeldEvent] {
        while true {
            let found = try await ledger.read { db in try db.events.held(system: system, limit: limit) }
            var whole: [HeldEvent] = []
            var faulty = found.faulty
            for row in found.whole {
                var event = row.event
                do {
                    event = try ledger.bodies.whole(event, row.stored)
                } catch let fault as RowFault {
                    guard !fault.mayBeNewer else {
                        // Whose event it is can only be judged by its payload.
                        faulty.append(FaultyMessage(seq: row.seq, fault: fault))
                        continue
                    }
                    // The dispatcher finds it, and decides it as invalid.
                    event.payload = []
                }
                whole.append(HeldEvent(event: event, receivedAt: row.receivedAt))
            }
            for one in faulty { if let ended = try await ledger.dispatch.end(one, now: now) { tell(ended) } }
            if !whole.isEmpty || faulty.isEmpty { return whole }
        }
    }

    /// Hands held events over to the dispatcher, in their old order.
    ///
    /// - Parameter events: with cause, root, hop and ownership as they are now known.
    package func releaseHeld(_ events: [Event], now: Timestamp) async throws {
        guard !events.isEmpty else { return }
        try await ledger.write { db in
            for event in events {
                let released = try db.changes(
                    "UPDATE messages SET topic = 'inbound', available_at = ? WHERE topic = ? AND event = ?",
                    [now, EventStatements.heldTopic(event.system), event.id])
                guard released == 1 else { continue }
                try db.run(
                    "UPDATE events SET own = ?, cause = ?, root = ?, hop = ?, containers = ? WHERE id = ?",
                    [
                        event.isOwn, event.cause, event.root, event.hop,
                        Container.json(event.containers).text(),
                        event.id,
                    ])
                try db.audit.append(
                    AuditEntry(
                        at: now, actor: "webhook-gateway", kind: .eventReleased, subject: event.id.description,
                        cause: event.cause?.description, root: event.root.description,
                        body: ["own": .bool(event.isOwn)]))
            }
        }
    }

    /// Held events whose time is up, without their payloads. Messages that cannot be read are taken out, as by
    /// `takeHeld`.
    package func overdueHeld(
        limit: Int, now: Timestamp, tell: (UnreadableMessage) -> Void = { _ in }
    ) async throws -> [InboundMessage] {
        let (whole, faulty) = try await ledger.read { db in
            try db.dispatch.messages(
                """
                SELECT m.seq, m.event AS named, e.* FROM messages m LEFT JOIN events e ON e.id = m.event
                WHERE m.seq IN (SELECT seq FROM messages WHERE \(Self.topics) ORDER BY topic, seq LIMIT ?1)
                AND m.available_at <= ?2 ORDER BY m.seq
                """, [limit, now]
            ) { row in try InboundMessage(seq: row["seq"], event: Event(row: row), rootTokens: 0) }
        }
        for one in faulty { if let ended = try await ledger.dispatch.end(one, now: now) { tell(ended) } }
        return whole
    }

    /// The held events, by system.
    package func heldStandings() async throws -> [HeldStanding] {
        try await ledger.read { try $0.events.heldStandings() }
    }

    /// Records why our identity in a system is unknown, or, with nil, that it is known.
    package func noteIdentity(of system: String, missing reason: String?, now: Timestamp) async throws {
        let known = try await ledger.read { db in
            try db.value("SELECT reason FROM identity_gaps WHERE system = ?", [system], as: String.self)
        }
        guard known != reason else { return }
        try await ledger.write { db in
            guard let reason else {
                return try db.run("DELETE FROM identity_gaps WHERE system = ?", [system])
            }
            try db.run(
                """
                INSERT INTO identity_gaps (system, since, reason) VALUES (?, ?, ?)
                ON CONFLICT (system) DO UPDATE SET reason = excluded.reason
                """, [system, now, reason])
        }
    }
}

extension EventStatements {
    /// A row of the held events.
    fileprivate struct HeldRow {
        let seq: Int64
        let event: Event
        let receivedAt: Timestamp
        let stored: BodyStore.Stored
    }

    fileprivate func held(system: String, limit: Int) throws -> (whole: [HeldRow], faulty: [FaultyMessage]) {
        try db.dispatch.messages(
            """
            SELECT m.seq, m.event AS named, e.* FROM messages m LEFT JOIN events e ON e.id = m.event WHERE m.topic = ?
            ORDER BY m.seq LIMIT ?
            """, [Self.heldTopic(system), limit]
        ) { row in
            try HeldRow(
                seq: row["seq"], event: Event(row: row), receivedAt: row["received_at"],
                stored: row.storedBody("body", "body_ref"))
        }
    }

    func heldStandings() throws -> [HeldStanding] {
        try db.list(
            """
            SELECT h.system, h.held, h.oldest, g.reason FROM (
                SELECT substr(topic, 6) AS system, count(*) AS held, min(available_at) AS oldest FROM (
                    SELECT topic, available_at FROM messages WHERE \(EventLedger.topics) LIMIT \(EventLedger.countLimit)) AS m
                GROUP BY topic) h
            LEFT JOIN identity_gaps g ON g.system = h.system
            """
        ) { row in
            let until: Timestamp = try row["oldest"]
            return try HeldStanding(
                system: row["system"], count: row["held"], since: until - EventHold.longest, reason: row["reason"])
        }
    }

    static func heldTopic(_ system: String) -> String { "held:\(system)" }

    /// The topic that an accepted event goes to, and when it is due there.
    func inboundPlace(
        _ event: Event, _ hold: EventHold, turn: Timestamp, now: Timestamp
    ) throws -> (String, Timestamp) {
        let topic = Self.heldTopic(event.system)
        switch hold {
        case .none: return ("inbound", turn)
        case .untilIdentityIsKnown: return (topic, now + EventHold.longest)
        case .behindOthers:
            let isAny = try db.holds("SELECT EXISTS (SELECT 1 FROM messages WHERE topic = ?)", [topic])
            return isAny ? (topic, now + EventHold.longest) : ("inbound", turn)
        }
    }

    func auditHeld(_ event: Event, until: Timestamp, actor: String, now: Timestamp) throws {
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: .eventHeld, subject: event.id.description,
                cause: event.cause?.description, root: event.root.description,
                body: [
                    "reason": .string("our identity on \(event.system) is unknown"), "type": .string(event.type),
                    "until": .string(until.rfc3339),
                ]))
    }

    /// Whether as many events of the system are held as may wait for the dispatcher.
    func isFull(_ system: String, limit: Int64) throws -> Bool {
        let topic = Self.heldTopic(system)
        let ends = try db.first(
            """
            SELECT (SELECT seq FROM messages WHERE topic = ?1 ORDER BY seq LIMIT 1),
                (SELECT seq FROM messages WHERE topic = ?1 ORDER BY seq DESC LIMIT 1)
            """, [topic]
        ) { row in try (row[0] as Int64?, row[1] as Int64?) }
        guard let oldest = ends?.0, let newest = ends?.1, newest - oldest + 1 >= limit else { return false }
        let count: Int64? = try db.value(
            "SELECT count(*) FROM (SELECT 1 FROM messages WHERE topic = ? LIMIT ?) AS held", [topic, limit])
        return count ?? 0 >= limit
    }
}
