import GuildDomain

extension LedgerTransaction {
    /// How long after an entry about an event's duplicates the next one comes at the earliest.
    private static let hush = Duration.seconds(3600)
    /// Notes whose hour is over that each duplicate takes away with it: more than it brings.
    private static let overPerDuplicate = 4

    /// Says in the chain that an event came again, naming the first: at once, and then once an hour with how often, so
    /// that whoever sends captured deliveries again and again can't make the chain grow as he likes.
    func noteDuplicate(of first: EventID, _ event: Event, policy: AcceptancePolicy, now: Timestamp) throws {
        let note = try duplicateNote(of: first)
        if let note, now >= note.saidAt, now - note.saidAt < Self.hush {
            try run("UPDATE duplicates SET unsaid = unsaid + 1 WHERE event = ?", [first])
        } else {
            try run(
                """
                INSERT INTO duplicates (event, said_at, unsaid) VALUES (?, ?, 0)
                ON CONFLICT (event) DO UPDATE SET said_at = excluded.said_at, unsaid = 0
                """, [first, now])
            try auditDuplicate(of: first, event, times: (note?.unsaid ?? 0) + 1, actor: policy.actor, now: now)
        }
        try sayOverdueDuplicates(now: now, limit: Self.overPerDuplicate)
    }

    /// Says what was not said of hours that are over.
    ///
    /// - Returns: how many notes went.
    @discardableResult
    func sayOverdueDuplicates(now: Timestamp, limit: Int) throws -> Int {
        let over = try all(
            "SELECT event, unsaid FROM duplicates WHERE said_at <= ? ORDER BY said_at LIMIT ?",
            [now - Self.hush, limit]
        ) { row in try (event: row[0] as EventID, unsaid: row[1] as Int64) }
        for note in over {
            try run("DELETE FROM duplicates WHERE event = ?", [note.event])
            guard note.unsaid > 0 else { continue }
            try auditDuplicate(of: note.event, nil, times: note.unsaid, actor: "webhook-gateway", now: now)
        }
        return over.count
    }

    func hasOverdueDuplicates(now: Timestamp) throws -> Bool {
        try holds("SELECT EXISTS (SELECT 1 FROM duplicates WHERE said_at <= ?)", [now - Self.hush])
    }

    private func duplicateNote(of event: EventID) throws -> (saidAt: Timestamp, unsaid: Int64)? {
        try first("SELECT said_at, unsaid FROM duplicates WHERE event = ?", [event]) { row in try (row[0], row[1]) }
    }

    /// - Parameter event: the newest of those taken for duplicates; nil where it is not known any more.
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
        try appendAudit(
            AuditEntry(
                at: now, actor: actor, kind: .eventDuplicate, subject: first.description, cause: first.description,
                body: .object(body)))
    }
}
