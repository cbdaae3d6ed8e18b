import GuildDomain

extension EventStatements {
    /// How long after an entry about an event's duplicates the next one comes at the earliest.
    private static let hush = Duration.seconds(3600)
    /// Notes whose hour is over that each duplicate takes away with it: more than it brings.
    private static let overPerDuplicate = 4

    /// Records in the chain that an event was repeated, naming the original: at once, and then once an hour with a
    /// count, so that somebody who keeps sending captured deliveries cannot make the chain grow.
    func noteDuplicate(of first: EventID, _ event: Event, policy: AcceptancePolicy, now: Timestamp) throws {
        let note = try duplicateNote(of: first)
        if let note, now >= note.saidAt, now - note.saidAt < Self.hush {
            try db.run("UPDATE duplicates SET unsaid = unsaid + 1 WHERE event = ?", [first])
        } else {
            try db.run(
                """
                INSERT INTO duplicates (event, said_at, unsaid) VALUES (?, ?, 0)
                ON CONFLICT (event) DO UPDATE SET said_at = excluded.said_at, unsaid = 0
                """, [first, now])
            try auditDuplicate(of: first, event, times: (note?.unsaid ?? 0) + 1, actor: policy.actor, now: now)
        }
        try sayOverdueDuplicates(now: now, limit: Self.overPerDuplicate)
    }

    /// Records the pending counts of past hours.
    ///
    /// - Returns: the number of removed notes.
    @discardableResult
    func sayOverdueDuplicates(now: Timestamp, limit: Int) throws -> Int {
        let over = try db.all(
            "SELECT event, unsaid FROM duplicates WHERE said_at <= ? ORDER BY said_at LIMIT ?",
            [now - Self.hush, limit]
        ) { row in try (event: row[0] as EventID, unsaid: row[1] as Int64) }
        for note in over {
            try db.run("DELETE FROM duplicates WHERE event = ?", [note.event])
            guard note.unsaid > 0 else { continue }
            try auditDuplicate(of: note.event, nil, times: note.unsaid, actor: "webhook-gateway", now: now)
        }
        return over.count
    }

    func hasOverdueDuplicates(now: Timestamp) throws -> Bool {
        try db.holds("SELECT EXISTS (SELECT 1 FROM duplicates WHERE said_at <= ?)", [now - Self.hush])
    }

    private func duplicateNote(of event: EventID) throws -> (saidAt: Timestamp, unsaid: Int64)? {
        try db.first("SELECT said_at, unsaid FROM duplicates WHERE event = ?", [event]) { row in try (row[0], row[1]) }
    }

    /// - Parameter event: the newest of those taken for duplicates; nil if it is not known any more.
    private func auditDuplicate(
        of first: EventID, _ event: Event?, times: Int64, actor: String, now: Timestamp
    ) throws {
        var body: JSONObject = ["first": .string(first.description), "times": .integer(times)]
        if let event {
            body["offered"] = .string(event.id.description)
            body["same"] = event.id == first ? "id" : "body"
            body["source"] = .string(event.source)
            body["type"] = .string(event.type)
        }
        try db.audit.append(
            AuditEntry(
                at: now, actor: actor, kind: .eventDuplicate, subject: first.description, cause: first.description,
                body: .object(body)))
    }
}
