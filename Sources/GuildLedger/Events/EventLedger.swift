import Foundation
package import GuildDomain

/// Accepted events, those held back, and the causes of others.
package struct EventLedger: Sendable {
    let ledger: Ledger

    /// Takes an event in: deduplicates it, stores it, queues it for the dispatcher, and audits that, in one transaction.
    package func accept(_ event: Event, policy: AcceptancePolicy, now: Timestamp) async throws -> Acceptance {
        // A body that gets a file is not written for an event that is refused anyway.
        if event.payload.count > BodyStore.inlineLimitBytes,
            let refusal = try await ledger.read({ try $0.events.refusal(of: event, policy: policy, now: now) })
        {
            if case .duplicate(let first) = refusal {
                try await ledger.write { try $0.events.noteDuplicate(of: first, event, policy: policy, now: now) }
            }
            return refusal
        }
        let digest = ContentDigest.hex(of: event.payload)
        return try await ledger.bodies.storing(event.payload) { body in
            try await ledger.write { db in
                if let refusal = try db.events.refusal(of: event, policy: policy, now: now) {
                    if case .duplicate(let first) = refusal {
                        try db.events.noteDuplicate(of: first, event, policy: policy, now: now)
                    }
                    return refusal
                }
                var turn = now
                if !policy.charges.isEmpty {
                    var book = LedgerBook(db: db, event: event.place)
                    switch try AdmissionRule.takeTurn(policy.charges, in: &book, now: now) {
                    case .rejected(let until, _): return .limited(until: until)
                    case .delayed(let until, _): turn = until
                    case .started, .opened, .joined, .paused, nil: break
                    }
                }
                try db.events.claimDigest(of: event, policy: policy, now: now)
                try db.events.insert(event, body: body, receivedAt: now)
                let (topic, due) = try db.events.inboundPlace(event, policy.hold, turn: turn, now: now)
                try db.run(
                    "INSERT INTO messages (topic, event, available_at) VALUES (?, ?, ?)",
                    [topic, event.id, due])
                try db.events.auditAccepted(event, payloadDigest: digest, policy: policy, now: now)
                guard topic != "inbound" else { return .accepted(event.id) }
                try db.events.auditHeld(event, until: due, actor: policy.actor, now: now)
                return .held(event.id)
            }
        }
    }

    /// The stored event; nil if there is none with that id.
    package func find(_ id: EventID) async throws -> Event? {
        let found = try await ledger.read { db in try db.events.find(id) }
        return try found.map(ledger.bodies.whole)
    }

    /// The stored event for people, as much of it as can be read; nil if there is none with that id.
    ///
    /// - Throws: `LedgerFailure` if a payload's file cannot be read now.
    package func shown(_ id: EventID) async throws -> ShownEvent? {
        let found = try await ledger.read { db in
            try db.first("SELECT * FROM events WHERE id = ?", [id]) { row in
                var damage: [String] = []
                let event = try Event(row: row, damage: &damage)
                let erasedAt = try row.readable("erased_at", or: nil as Timestamp?, of: "event \(event.id)", &damage)
                return try (event, row.readableBody(of: event.id, &damage), erasedAt, damage)
            }
        }
        guard let (event, stored, erasedAt, damage) = found else { return nil }
        var shown = ShownEvent(event: event, erasedAt: erasedAt, damage: damage)
        guard erasedAt == nil, let stored else { return shown }
        do {
            shown.event = try ledger.bodies.whole(event, stored)
        } catch let fault as RowFault {
            shown.damage.append(fault.message)
        }
        return shown
    }
}

extension EventStatements {
    /// Expired digests that each accepted event takes away with it: more than it brings.
    private static let expiredPerEvent = 4

    /// The refusal of an event before anything is written; nil if it is accepted.
    ///
    /// An event that is retained is known by its own row, so `dedup` holds body digests, and the ids of those events
    /// that were deleted within the window (`RetentionStatements`).
    fileprivate func refusal(of event: Event, policy: AcceptancePolicy, now: Timestamp) throws -> Acceptance? {
        let others = policy.otherDigests.indices.map { ", ?\($0 + 4)" }.joined()
        let standing = try db.first(
            """
            SELECT coalesce((SELECT event FROM dedup WHERE digest IN (?1\(others)) AND expires_at > ?2),
                (SELECT id FROM events WHERE id = ?3), (SELECT event FROM dedup WHERE digest = ?3 AND expires_at > ?2)),
                \(Self.inboundBound)
            """,
            [policy.bodyDigest, now, event.id] + policy.otherDigests
        ) { row in try (holder: row[0] as EventID?, waiting: row[1] as Int64) }
        guard let standing else { return nil }
        if let holder = standing.holder { return .duplicate(holder) }
        if policy.hold != .none, try isFull(event.system, limit: policy.queueLimit) { return .overloaded }
        guard standing.waiting >= policy.queueLimit else { return nil }
        return try inboundDepth(atLeast: policy.queueLimit) >= policy.queueLimit ? .overloaded : nil
    }

    fileprivate func claimDigest(of event: Event, policy: AcceptancePolicy, now: Timestamp) throws {
        guard let digest = policy.bodyDigest else { return }
        let oldest: Timestamp? = try db.value("SELECT expires_at FROM dedup ORDER BY expires_at LIMIT 1")
        if let oldest, oldest <= now {
            try db.run(
                """
                DELETE FROM dedup WHERE digest IN
                (SELECT digest FROM dedup WHERE expires_at <= ? ORDER BY expires_at LIMIT \(Self.expiredPerEvent))
                """, [now])
        }
        // One that is in the way has expired.
        try db.run(
            """
            INSERT INTO dedup (digest, event, expires_at) VALUES (?, ?, ?)
            ON CONFLICT (digest) DO UPDATE SET event = excluded.event, expires_at = excluded.expires_at
            """, [digest, event.id, now + policy.dedupWindow])
    }

    /// The numbers that lie between the first and the last message that wait.
    private static let inboundBound = """
        coalesce((SELECT seq FROM messages WHERE topic = 'inbound' ORDER BY seq DESC LIMIT 1)
        - (SELECT seq FROM messages WHERE topic = 'inbound' ORDER BY seq LIMIT 1) + 1, 0)
        """

    /// Messages that wait for the dispatcher: an upper bound in constant time, counted only if that bound reaches
    /// `limit`, and then only up to it. They are numbered in order and mostly leave in order.
    func inboundDepth(atLeast limit: Int64) throws -> Int64 {
        let upper = try db.value("SELECT \(Self.inboundBound)", as: Int64.self) ?? 0
        guard upper >= limit else { return upper }
        return try db.value(
            "SELECT count(*) FROM (SELECT 1 FROM messages WHERE topic = 'inbound' LIMIT ?) AS m", [limit])
            ?? 0
    }

    func insert(_ event: Event, body: BodyStore.Stored, receivedAt: Timestamp) throws {
        try db.run(
            """
            INSERT INTO events (id, received_at, time, source, type, system, guildevent, subject, priority, chapter,
                traceparent, cause, root, hop, own, containers, body, body_ref, attributes, sender, outsider)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                event.id, receivedAt, event.time, event.source, event.type,
                event.system, event.guildEvent, event.subject,
                event.priority.rawValue, event.chapter, event.traceparent,
                event.cause, event.root, event.hop, event.isOwn,
                Container.json(event.containers).text(), body.inline, body.digest,
                event.attributes.isEmpty ? nil : event.attributes.stored.text(),
                event.sender?.id, event.sender?.isOutsider == true,
            ])
    }

    /// - Parameter payloadDigest: SHA-256 of the payload, in hexadecimal.
    func auditAccepted(
        _ event: Event, payloadDigest: String, policy: AcceptancePolicy, now: Timestamp
    ) throws {
        try db.audit.append(
            AuditEntry(
                at: now, actor: policy.actor, kind: .eventAccepted, subject: event.id.description,
                commit: policy.commit, cause: event.cause?.description, root: event.root.description,
                body: [
                    "source": .string(event.source), "type": .string(event.type),
                    "subject": event.subject.map { .string($0) } ?? .null,
                    "payload_sha256": .string(payloadDigest),
                ]))
    }

    func find(_ id: EventID) throws -> (Event, BodyStore.Stored)? {
        try db.first("SELECT * FROM events WHERE id = ?", [id]) { row in
            try (Event(row: row), row.storedBody("body", "body_ref"))
        }
    }
}

extension LedgerRow {
    /// A body column and the column of its file's digest.
    func storedBody(_ body: String, _ reference: String) throws -> BodyStore.Stored {
        if let digest: String = try self[reference] { return .file(digest: digest) }
        return .inline(try self[body] as [UInt8]? ?? [])
    }
}

extension Event {
    /// The event without its payload.
    init(row: LedgerRow) throws {
        try self.init(bare: row)
        try readAttributes(row)
    }

    /// The event without its payload and its attributes.
    private init(bare row: LedgerRow) throws {
        try self.init(
            id: row["id"], source: row["source"], type: row["type"], subject: row["subject"], time: row["time"],
            system: row["system"], containers: Self.containers(row), payload: [])
        guildEvent = try row["guildevent"]
        priority = try row["priority"]
        chapter = try row["chapter"]
        traceparent = try row["traceparent"]
        cause = try row["cause"]
        root = try row["root"]
        hop = try row["hop"]
        isOwn = try row["own"]
        if let id: String = try row["sender"] { sender = try EventSender(id: id, isOutsider: row["outsider"]) }
    }

    mutating func readAttributes(_ row: LedgerRow) throws {
        let stored = try row.json("attributes")
        if stored != .null { attributes = EventAttributes(stored: stored) }
    }

    /// An event of before containers were kept has that of its source; one that was caused has none, for its cause's may
    /// have been others.
    private static func containers(_ row: LedgerRow) throws -> [Container]? {
        let isCaused = try row["cause"] as EventID? != nil
        do {
            return try listedContainers(row, isCaused: isCaused)
        } catch is RowFault {
            // A damaged list is none: the run may do less, never more.
            return []
        }
    }

    /// The containers of an event; nil for that of its source.
    ///
    /// - Throws: `RowFault` if the column holds no list of them.
    static func listedContainers(_ row: LedgerRow, isCaused: Bool) throws -> [Container]? {
        let listed = try row.json("containers")
        guard listed != .null else { return isCaused ? [] : nil }
        guard let containers = Container.list(listed) else {
            throw RowFault(
                column: "containers", found: "something that is not a list of containers", sql: row.source.sql)
        }
        return containers
    }
}
