import GuildDomain

extension LedgerTransaction {
    /// Appends to the chain, in the transaction of the thing itself. The head is one row, read and written here and
    /// never cached: a rolled-back savepoint takes its entry with it.
    func appendAudit(_ entry: AuditEntry) throws {
        let head = try first("SELECT seq, hash FROM audit_head") { row in
            (seq: try row[0] as Int64, hash: try row[1] as [UInt8])
        }
        // Nothing is appended to what we have not written.
        guard let head, (0..<Int64.max).contains(head.seq), head.hash.count == AuditHash.bytes else {
            throw StorageFault(kind: .notADatabase, message: "the audit head is missing or damaged")
        }
        let body = entry.body.bytes()
        let salt = Self.randomSalt()
        let bodyHash = AuditHash.body(salt: salt, body: body)
        let seq = head.seq + 1
        let hash = AuditHash.entry(
            seq: seq, at: entry.at.microseconds, actor: entry.actor, kind: entry.kind.rawValue, subject: entry.subject,
            commit: entry.commit, cause: entry.cause, root: entry.root, bodyHash: bodyHash, previous: head.hash)
        try run(
            """
            INSERT INTO audit (seq, at, actor, kind, subject, commit_id, cause, root, body_hash, prev, hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                seq, entry.at, entry.actor, entry.kind.rawValue, entry.subject, entry.commit, entry.cause, entry.root,
                bodyHash, head.hash, hash,
            ])
        try run("INSERT INTO audit_bodies (seq, salt, body) VALUES (?, ?, ?)", [seq, salt, body])
        try run("UPDATE audit_head SET seq = ?, hash = ?", [seq, hash])
    }

    private static func randomSalt() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return Identifier<AuditEntry>(high: generator.next(), low: generator.next()).bytes
    }
}

extension Ledger {
    /// Appends an entry that belongs to no other transaction: an operator's command, for one.
    package func audit(_ entry: AuditEntry) async throws {
        try await write { db in try db.appendAudit(entry) }
    }

    /// Appends entries in that order, in one transaction.
    package func audit(_ entries: [AuditEntry]) async throws {
        try await write { db in for entry in entries { try db.appendAudit(entry) } }
    }
}
