import Foundation
package import GuildDomain

extension AuditLedger {
    /// Recomputes the chain and its tree, in pages so that no read lasts long and no more than a page is in memory.
    ///
    /// The last valid position is stored beside the ledger (`LedgerLocation.auditMarkPath`), unless the verification
    /// began at a given entry or the ledger is only read.
    ///
    /// - Throws: `AuditFailure` if it would begin after the end.
    package func verify(_ verification: AuditVerification, now: Timestamp) async throws -> AuditVerdict {
        let checkpoints = try await ownCheckpoints() + verification.checkpoints
        var verdict = AuditVerdict(entries: 0, head: "")
        var start = AuditPosition()
        switch verification.start {
        case .beginning: break
        case .entry(let seq): start = try await position(at: max(seq, 1) - 1)
        case .remembered:
            if let mark = AuditMark.load(ledger.location.auditMarkPath, ledger: try await ledgerID()) {
                start = mark.position
                verdict.rememberedAt = mark.at
            }
        }
        if let problem = try await problem(before: start, checkpoints) {
            verdict.problem = problem
            return verdict
        }
        let chain = try await walk(from: start, checkpoints: checkpoints, pageSize: verification.pageSize)
        verdict.take(chain, from: start)
        if verdict.problem == nil, !verification.start.isTold, ledger.readingLimits == nil {
            AuditMark(ledger: try await ledgerID(), position: chain.position, at: now).save(
                ledger.location.auditMarkPath)
        }
        return verdict
    }

    /// Recomputes the chain from its first entry and remembers nothing.
    package func verify(pageSize: Int = 5000) async throws -> AuditVerdict {
        let chain = try await walk(from: AuditPosition(), checkpoints: ownCheckpoints(), pageSize: pageSize)
        var verdict = AuditVerdict(entries: 0, head: "")
        verdict.take(chain, from: AuditPosition())
        return verdict
    }

    package func ledgerID() async throws -> LedgerID { try await ledger.read { db in try db.audit.ledgerID() } }

    func walk(
        from start: AuditPosition, checkpoints: [AuditCheckpoint], pageSize: Int = 5000
    ) async throws -> AuditChain {
        var chain = AuditChain(from: start, checkpoints: checkpoints)
        var isLast = false
        while chain.problem == nil, !isLast {
            (chain, isLast) = try await ledger.scan { [chain] db in
                var chain = chain
                let isLast = try chain.take(page: max(1, pageSize), of: db)
                return (chain, isLast)
            }
        }
        return chain
    }

    /// For a walk that does not begin at the first entry: whether the stored entry there still matches what is known of
    /// it, and the newest anchor before it. The walk itself examines nothing before.
    private func problem(
        before start: AuditPosition, _ checkpoints: [AuditCheckpoint]
    ) async throws -> AuditVerdict.Problem? {
        guard start.seq > 0 else { return nil }
        do {
            let stored = try await position(at: start.seq)
            guard stored == start else {
                return .init(seq: start.seq, reason: "it, or an earlier one, differs from the last verification")
            }
            let passed = checkpoints.filter { $0.anchor.seq <= start.seq }.max { $0.anchor.seq < $1.anchor.seq }
            guard let passed else { return nil }
            let position = try await position(at: passed.anchor.seq)
            return passed.difference(from: position).map { .init(seq: 1, reason: passed.reason($0, since: 0)) }
        } catch AuditFailure.noEntry(let seq) {
            return .init(seq: seq, reason: "the entry is missing, although it was verified before")
        }
    }

    /// The anchors that the ledger itself records. Anyone who rewrites the chain can rewrite these too; comparing with
    /// them costs nothing.
    private func ownCheckpoints() async throws -> [AuditCheckpoint] {
        try await recordedAnchors().map {
            AuditCheckpoint($0.anchor, source: "the ledger's record of the anchor at entry \($0.anchor.seq)")
        }
    }
}

extension AuditVerification.Start {
    fileprivate var isTold: Bool { if case .entry = self { true } else { false } }
}

extension AuditVerdict {
    fileprivate mutating func take(_ chain: AuditChain, from start: AuditPosition) {
        entries = chain.position.seq
        head = ContentDigest.hex(bytes: chain.position.hash)
        root = ContentDigest.hex(bytes: chain.position.frontier.root)
        first = start.seq + 1
        erased = chain.erased
        anchors = chain.agreed
        problem = chain.problem
    }
}

extension LedgerLocation {
    /// The place of the last verified position. Anyone who can write the ledger can write it too.
    package var auditMarkPath: String { path + ".d/audit-verified.json" }
}
