package import GuildDomain

extension AuditLedger {
    /// Bodies that one transaction erases, so that the writer is never held for long.
    package static let erasureLimit = 2000

    /// Erases body and salt of the oldest entries that are older than `cutoff`, at most `limit` of them, and appends the
    /// entry that names their range and the policy, in one transaction. The entries themselves stay, and the chain
    /// verifies without what was erased. Call it again until it returns nil.
    ///
    /// The range ends before the first entry that is not older, so that a clock set back erases too little, not too much.
    ///
    /// - Parameters:
    ///   - policy: what asks for it, for people: `policies/privacy.yaml: audit_logs 365d`; no personal data.
    ///   - actor: `retention`, `user:NAME`.
    /// - Returns: nil if nothing is old enough; nothing is then written.
    package func eraseBodies(
        bodiesBefore cutoff: Timestamp, policy: String, actor: String, limit: Int = AuditLedger.erasureLimit,
        now: Timestamp
    ) async throws -> AuditErasure? {
        try await ledger.write { db in
            guard let range = try db.audit.bodies(before: cutoff, limit: limit) else { return nil }
            return try db.audit.eraseBodies(bodiesOf: range, policy: policy, actor: actor, now: now)
        }
    }

    /// Erases body and salt of every entry of `range`, and appends the entry that names it and the policy, in one
    /// transaction.
    ///
    /// - Returns: nil if no body is left there; nothing is then written.
    package func eraseBodies(
        bodiesOf range: ClosedRange<Int64>, policy: String, actor: String, now: Timestamp
    ) async throws -> AuditErasure? {
        try await ledger.write { db in
            try db.audit.eraseBodies(bodiesOf: range, policy: policy, actor: actor, now: now)
        }
    }
}

extension AuditStatements {
    /// The body of an erasure covers the absence of the others, so it is never erased.
    private static let erasable = """
        FROM audit_bodies WHERE seq BETWEEN ? AND ? AND seq NOT IN
            (SELECT seq FROM audit WHERE kind = 'audit.erased' AND seq BETWEEN ? AND ?)
        """

    /// Erases in the caller's own transaction; see `Ledger.eraseAudit(bodiesOf:policy:actor:now:)`.
    func eraseBodies(
        bodiesOf range: ClosedRange<Int64>, policy: String, actor: String, now: Timestamp
    ) throws -> AuditErasure? {
        let bounds: [(any Storable)?] = [range.lowerBound, range.upperBound, range.lowerBound, range.upperBound]
        let found = try db.first("SELECT min(seq), max(seq), count(*) \(Self.erasable)", bounds) { row in
            (first: try row[0] as Int64?, last: try row[1] as Int64?, count: try row[2] as Int)
        }
        guard let found, let first = found.first, let last = found.last else { return nil }
        // Debian's SQLite overwrites deleted content; others do so only if configured.
        try db.run("PRAGMA secure_delete = ON")
        try db.run("DELETE \(Self.erasable)", bounds)
        try append(
            AuditEntry(
                at: now, actor: actor, kind: .auditErased, subject: "\(first)-\(last)",
                body: [
                    "first": .integer(first), "last": .integer(last), "bodies": .integer(found.count),
                    "policy": .string(policy),
                ]))
        return AuditErasure(entry: try head(), range: first...last, bodies: found.count)
    }

    /// The oldest entries with a body that may be erased, up to the first one that is not older than `cutoff`.
    fileprivate func bodies(before cutoff: Timestamp, limit: Int) throws -> ClosedRange<Int64>? {
        let oldest = try db.first(
            """
            SELECT b.seq, a.at FROM audit_bodies b JOIN audit a ON a.seq = b.seq
            WHERE a.kind <> 'audit.erased' ORDER BY b.seq LIMIT 1
            """
        ) { row in (seq: try row[0] as Int64, at: try row[1] as Timestamp) }
        guard let oldest, oldest.at < cutoff, limit > 0 else { return nil }
        let end = oldest.seq.addingSaturated(Int64(limit) - 1)
        let next = try db.value(
            "SELECT min(seq) FROM audit WHERE seq BETWEEN ? AND ? AND at >= ?", [oldest.seq, end, cutoff],
            as: Int64.self)
        return oldest.seq...(next.map { $0 - 1 } ?? end)
    }
}
