import GuildDomain

/// Reads and writes the audit log and its tree.
struct AuditStatements {
    let db: LedgerTransaction

    /// Appends to the chain, in the transaction of the thing itself. The head is one row that the members of a batch
    /// share: a member that is rolled back takes its entry and its head with it.
    func append(_ entry: AuditEntry) throws {
        let head = try chainHead()
        let body = entry.body.bytes()
        let salt = Self.randomSalt()
        let bodyHash = AuditHash.body(salt: salt, body: body)
        let seq = head.seq + 1
        let hash = AuditHash.entry(
            seq: seq, at: entry.at.microseconds,
            texts: [entry.actor, entry.kind.rawValue, entry.subject, entry.commit, entry.cause, entry.root],
            bodyHash: bodyHash, previous: head.hash)
        try db.run(
            """
            INSERT INTO audit (seq, at, actor, kind, subject, commit_id, cause, root, body_hash, prev, hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                seq, entry.at, entry.actor, entry.kind.rawValue, entry.subject, entry.commit, entry.cause, entry.root,
                bodyHash, head.hash, hash,
            ])
        try db.run("INSERT INTO audit_bodies (seq, salt, body) VALUES (?, ?, ?)", [seq, salt, body])
        guard let shared = db.shared else { return try store(head: .init(seq: seq, hash: hash)) }
        shared.change(auditHead: .init(seq: seq, hash: hash))
    }

    /// Writes the head as the batch has left it. A statement that reads the row itself needs it before.
    func writeHead() throws {
        if let head = db.shared?.takeChangedAuditHead() { try store(head: head) }
    }

    private func store(head: SharedRows.AuditHead) throws {
        try db.run("UPDATE audit_head SET seq = ?, hash = ?", [head.seq, head.hash])
    }

    private func chainHead() throws -> SharedRows.AuditHead {
        if let head = db.shared?.auditHead { return head }
        let head = try db.first("SELECT seq, hash FROM audit_head") { row in
            SharedRows.AuditHead(seq: try row[0], hash: try row[1])
        }
        // Nothing is appended to a head that we have not written.
        guard let head, (0..<Int64.max).contains(head.seq), head.hash.count == AuditHash.bytes else {
            throw StorageFault(kind: .notADatabase, message: "the audit head is missing or damaged")
        }
        db.shared?.found(auditHead: head)
        return head
    }

    private static func randomSalt() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return Identifier<AuditEntry>(high: generator.next(), low: generator.next()).bytes
    }
}

extension AuditLedger {
    /// Appends an entry that belongs to no other transaction: an operator's command, for one.
    package func append(_ entry: AuditEntry) async throws {
        try await ledger.write { db in try db.audit.append(entry) }
    }

    /// Appends entries in that order, in one transaction.
    package func append(_ entries: [AuditEntry]) async throws {
        try await ledger.write { db in for entry in entries { try db.audit.append(entry) } }
    }
}
