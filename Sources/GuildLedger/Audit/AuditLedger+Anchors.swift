package import GuildDomain

extension AuditLedger {
    /// Recorded anchors that are read at most, the newest.
    private static let recordLimit = 100_000

    /// Recomputes the chain since the last anchor and offers the next one. The stored log is compared with the last
    /// anchor, so a rebuilt chain is refused.
    ///
    /// - Parameter last: the newest anchor of this ledger; without one the whole chain is recomputed.
    /// - Throws: `AuditFailure.otherLedger` for an anchor of another ledger.
    package func offerAnchor(after last: AuditCheckpoint?, now: Timestamp) async throws -> AnchorOffer {
        let ours = try await ledgerID()
        if let last, last.anchor.ledger != ours {
            throw AuditFailure.otherLedger(place: last.source, found: last.anchor.ledger, ours: ours)
        }
        var start = AuditPosition()
        if let last {
            let head = try await ledger.read { db in try db.audit.head() }
            guard head >= last.anchor.seq else {
                return .refused(
                    .init(
                        seq: head + 1,
                        reason: "the log ends at \(head), but \(last.source) pins entry \(last.anchor.seq)"))
            }
            do {
                start = try await position(at: last.anchor.seq)
            } catch AuditFailure.noEntry(let seq) {
                return .refused(.init(seq: seq, reason: "the entry is missing"))
            }
            if let difference = last.difference(from: start) {
                return .refused(.init(seq: last.anchor.seq, reason: last.reason(difference, since: 0)))
            }
            guard try await hasNewEntries(since: last.anchor.seq) else { return .nothingNew }
        }
        let chain = try await walk(from: start, checkpoints: [])
        if let problem = chain.problem { return .refused(problem) }
        guard chain.position.seq > start.seq else { return .nothingNew }
        return .anchor(
            AuditAnchor(
                ledger: ours, seq: chain.position.seq, hash: chain.position.hash, root: chain.position.frontier.root,
                at: now))
    }

    /// Records an anchor that was committed, with an entry of its own, in one transaction. Repeating is safe.
    package func recordAnchor(_ anchor: AuditAnchor, commit: String, actor: String, now: Timestamp) async throws {
        try await ledger.write { db in
            let recorded = try db.changes(
                """
                INSERT INTO audit_anchors (seq, at, hash, root, commit_id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """, [anchor.seq, anchor.at, anchor.hash, anchor.root, commit])
            guard recorded == 1 else { return }
            try db.audit.append(
                AuditEntry(
                    at: now, actor: actor, kind: .auditAnchored, subject: "\(anchor.seq)", commit: commit,
                    body: ["hash": .hex(anchor.hash), "root": .hex(anchor.root)]))
        }
    }

    /// The recorded anchors of this ledger, by number.
    package func recordedAnchors() async throws -> [RecordedAnchor] {
        try await recordedAnchors(newest: Self.recordLimit)
    }

    private func recordedAnchors(newest limit: Int) async throws -> [RecordedAnchor] {
        try await ledger.scan { db in
            let ledger = try db.audit.ledgerID()
            return try db.list(
                """
                SELECT seq, at, hash, root, commit_id FROM
                    (SELECT * FROM audit_anchors ORDER BY seq DESC LIMIT ?) newest ORDER BY seq
                """, [limit]
            ) { row in
                let anchor = AuditAnchor(
                    ledger: ledger, seq: try row[0], hash: try row[2], root: try row[3], at: try row[1])
                return RecordedAnchor(anchor: anchor, commit: try row[4])
            }
        }
    }

    /// The last recorded anchor, how many entries have come since, and when the oldest of them did. The entry that
    /// records an anchor does not count by itself.
    package func entriesSinceAnchor() async throws -> (last: RecordedAnchor?, entries: Int64, oldest: Timestamp?) {
        let last = try await recordedAnchors(newest: 1).last
        let since = last?.anchor.seq ?? 0
        guard try await hasNewEntries(since: since) else { return (last, 0, nil) }
        return try await ledger.read { db in
            let oldest = try db.value(
                "SELECT at FROM audit WHERE seq > ? ORDER BY seq LIMIT 1", [since], as: Timestamp.self)
            return (last, max(0, try db.audit.head() - since), oldest)
        }
    }

    private func hasNewEntries(since seq: Int64) async throws -> Bool {
        try await ledger.read { db in
            try db.holds("SELECT EXISTS (SELECT 1 FROM audit WHERE seq > ? AND kind <> 'audit.anchored')", [seq])
        }
    }
}
