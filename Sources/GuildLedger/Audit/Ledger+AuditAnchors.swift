package import GuildDomain

/// An anchor that was made of this ledger, and the commit that carries it.
package struct RecordedAnchor: Sendable, Hashable {
    package let anchor: AuditAnchor
    package let commit: String
}

/// What a new anchor would say, or why there is none to make.
package enum AnchorOffer: Sendable, Hashable {
    case anchor(AuditAnchor)
    /// Nothing was written since the last one but the entry that tells of it.
    case nothingNew
    /// The log is not what the last anchor says, or does not stand: nothing may be anchored.
    case refused(AuditVerdict.Problem)
}

extension Ledger {
    /// Recorded anchors that are read at most, the newest.
    private static let recordLimit = 100_000

    /// Recomputes the chain since the last anchor and offers the next one. What the last anchor pins is compared with
    /// what is stored, so a chain that was made anew is refused.
    ///
    /// - Parameter last: the newest anchor of this ledger; without one the whole chain is recomputed.
    /// - Throws: `AuditFailure.otherLedger` for an anchor of another ledger.
    package func offerAnchor(after last: AuditCheckpoint?, now: Timestamp) async throws -> AnchorOffer {
        let ledger = try await ledgerID()
        if let last, last.anchor.ledger != ledger {
            throw AuditFailure.otherLedger(place: last.source, found: last.anchor.ledger, ours: ledger)
        }
        var start = AuditPosition()
        if let last {
            let head = try await read { db in try db.auditHead() }
            guard head >= last.anchor.seq else {
                return .refused(
                    .init(
                        seq: head + 1,
                        reason: "the log ends at \(head), but \(last.source) pins entry \(last.anchor.seq)"))
            }
            do {
                start = try await auditPosition(at: last.anchor.seq)
            } catch AuditFailure.noEntry(let seq) {
                return .refused(.init(seq: seq, reason: "the entry is missing"))
            }
            if let difference = last.difference(from: start) {
                return .refused(.init(seq: last.anchor.seq, reason: last.reason(difference, since: 0)))
            }
            guard try await hasNewEntries(since: last.anchor.seq) else { return .nothingNew }
        }
        let chain = try await walkAudit(from: start, checkpoints: [])
        if let problem = chain.problem { return .refused(problem) }
        guard chain.position.seq > start.seq else { return .nothingNew }
        return .anchor(
            AuditAnchor(
                ledger: ledger, seq: chain.position.seq, hash: chain.position.hash, root: chain.position.frontier.root,
                at: now))
    }

    /// Records an anchor that was committed, with an entry of its own, in one transaction. Repeating is safe.
    package func record(_ anchor: AuditAnchor, commit: String, actor: String, now: Timestamp) async throws {
        try await write(touching: [.outcomes]) { db in
            let recorded = try db.changes(
                """
                INSERT INTO audit_anchors (seq, at, hash, root, commit_id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """, [anchor.seq, anchor.at, anchor.hash, anchor.root, commit])
            guard recorded == 1 else { return }
            try db.appendAudit(
                AuditEntry(
                    at: now, actor: actor, kind: .auditAnchored, subject: "\(anchor.seq)", commit: commit,
                    body: ["hash": .hex(anchor.hash), "root": .hex(anchor.root)]))
        }
    }

    /// The anchors made of this ledger, as it remembers them, by number.
    package func recordedAnchors() async throws -> [RecordedAnchor] {
        try await recordedAnchors(newest: Self.recordLimit)
    }

    private func recordedAnchors(newest limit: Int) async throws -> [RecordedAnchor] {
        try await scan { db in
            let ledger = try db.ledgerID()
            return try db.all(
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

    /// The last recorded anchor, how many entries have come since, and when the oldest of them did. The entry that tells
    /// of an anchor alone does not count.
    package func entriesSinceAnchor() async throws -> (last: RecordedAnchor?, entries: Int64, oldest: Timestamp?) {
        let last = try await recordedAnchors(newest: 1).last
        let since = last?.anchor.seq ?? 0
        guard try await hasNewEntries(since: since) else { return (last, 0, nil) }
        return try await read { db in
            let oldest = try db.value(
                "SELECT at FROM audit WHERE seq > ? ORDER BY seq LIMIT 1", [since], as: Timestamp.self)
            return (last, max(0, try db.auditHead() - since), oldest)
        }
    }

    private func hasNewEntries(since seq: Int64) async throws -> Bool {
        try await read { db in
            try db.holds("SELECT EXISTS (SELECT 1 FROM audit WHERE seq > ? AND kind <> 'audit.anchored')", [seq])
        }
    }
}
