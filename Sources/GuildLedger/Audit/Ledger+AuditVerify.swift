import Foundation
package import GuildDomain

/// What `guild audit verify` looks at.
package struct AuditVerification: Sendable {
    package enum Start: Sendable, Hashable {
        case beginning
        /// Behind what the last verification found good; from the beginning where none did.
        case remembered
        /// From that entry on; the stored hash of the one before it is trusted.
        case entry(Int64)
    }

    package var start = Start.beginning
    /// Beside the ledger's own record of its anchors, which is always compared with.
    package var checkpoints: [AuditCheckpoint] = []
    package var pageSize = 5000

    package init() {}
}

/// What `guild audit verify` found.
package struct AuditVerdict: Sendable, Hashable {
    /// The number of the last entry that stands.
    package var entries: Int64
    /// Its `hash`, in hexadecimal digits.
    package var head: String
    /// Of the tree over those entries, in hexadecimal digits.
    package var root = ContentDigest.hex(bytes: MerkleTree.emptyRoot)
    /// The first entry that was looked at.
    package var first: Int64 = 1
    /// Bodies that are gone because an erasure covers them.
    package var erased: Int64 = 0
    /// Anchors that agreed, the ledger's own record among them.
    package var anchors = 0
    /// When the entries before `first` were verified; nil where they were not, or there are none.
    package var rememberedAt: Timestamp?
    /// The first entry that does not stand as it was written, and why.
    package var problem: Problem?

    package struct Problem: Sendable, Hashable {
        package let seq: Int64
        package let reason: String
    }
}

extension Ledger {
    /// Recomputes the chain and its tree, in pages so that no read lasts long and no more than a page is in memory.
    ///
    /// What a verification finds good is remembered beside the ledger (`LedgerLocation.auditMarkPath`), unless it began
    /// at an entry that it was told.
    ///
    /// - Throws: `AuditFailure` where it is to begin behind the end.
    package func verifyAudit(_ verification: AuditVerification, now: Timestamp) async throws -> AuditVerdict {
        let checkpoints = try await ownCheckpoints() + verification.checkpoints
        var verdict = AuditVerdict(entries: 0, head: "")
        var start = AuditPosition()
        switch verification.start {
        case .beginning: break
        case .entry(let seq): start = try await auditPosition(at: max(seq, 1) - 1)
        case .remembered:
            if let mark = AuditMark.load(location.auditMarkPath, ledger: try await ledgerID()) {
                (start, verdict.rememberedAt) = (mark.position, mark.at)
            }
        }
        if let problem = try await problem(before: start, checkpoints) {
            verdict.problem = problem
            return verdict
        }
        let chain = try await walkAudit(from: start, checkpoints: checkpoints, pageSize: verification.pageSize)
        verdict.take(chain, from: start)
        if verdict.problem == nil, !verification.start.isTold {
            AuditMark(ledger: try await ledgerID(), position: chain.position, at: now).save(location.auditMarkPath)
        }
        return verdict
    }

    /// Recomputes the chain from its first entry and remembers nothing.
    package func verifyAudit(pageSize: Int = 5000) async throws -> AuditVerdict {
        let chain = try await walkAudit(from: AuditPosition(), checkpoints: ownCheckpoints(), pageSize: pageSize)
        var verdict = AuditVerdict(entries: 0, head: "")
        verdict.take(chain, from: AuditPosition())
        return verdict
    }

    package func ledgerID() async throws -> LedgerID { try await read { db in try db.ledgerID() } }

    func walkAudit(
        from start: AuditPosition, checkpoints: [AuditCheckpoint], pageSize: Int = 5000
    ) async throws -> AuditChain {
        var chain = AuditChain(from: start, checkpoints: checkpoints)
        var isLast = false
        while chain.problem == nil, !isLast {
            (chain, isLast) = try await scan { [chain] db in
                var chain = chain
                let isLast = try chain.take(page: max(1, pageSize), of: db)
                return (chain, isLast)
            }
        }
        return chain
    }

    /// Where a walk does not begin at the first entry: whether what is stored there is still what is known of it, and
    /// what the newest anchor before it says. The walk itself looks at nothing before.
    private func problem(
        before start: AuditPosition, _ checkpoints: [AuditCheckpoint]
    ) async throws -> AuditVerdict.Problem? {
        guard start.seq > 0 else { return nil }
        do {
            let stored = try await auditPosition(at: start.seq)
            guard stored == start else {
                return .init(seq: start.seq, reason: "it, or one before it, is not what was verified last")
            }
            let passed = checkpoints.filter { $0.anchor.seq <= start.seq }.max { $0.anchor.seq < $1.anchor.seq }
            guard let passed else { return nil }
            let position = try await auditPosition(at: passed.anchor.seq)
            return passed.difference(from: position).map { .init(seq: 1, reason: passed.reason($0, since: 0)) }
        } catch AuditFailure.noEntry(let seq) {
            return .init(seq: seq, reason: "the entry is missing, though it was verified before")
        }
    }

    /// The anchors that the ledger itself knows of. Whoever rewrites the chain can rewrite these too; they are compared
    /// with because it costs nothing.
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
        (erased, anchors, problem) = (chain.erased, chain.agreed, chain.problem)
    }
}

extension LedgerLocation {
    /// Where the last verified position is kept. Whoever can write the ledger can write it too.
    package var auditMarkPath: String { path + ".d/audit-verified.json" }
}

/// How far the chain was found good, and when.
struct AuditMark: Sendable, Hashable {
    static let format = "guild.audit.verified/1"
    private static let limitBytes = 64 << 10

    let ledger: LedgerID
    let position: AuditPosition
    let at: Timestamp

    init(ledger: LedgerID, position: AuditPosition, at: Timestamp) {
        (self.ledger, self.position, self.at) = (ledger, position, at)
    }

    /// - Returns: nil where there is none, it cannot be read, or it is of another ledger; then everything is verified.
    static func load(_ path: String, ledger: LedgerID) -> AuditMark? {
        // Losing the error is safe: without the mark more is verified, not less.
        guard let bytes = try? PlainFile.contents(path, limitBytes: limitBytes),
            let json = try? JSONParser.parse(bytes),
            let mark = try? AuditMark(json: json, from: path), mark.ledger == ledger
        else { return nil }
        return mark
    }

    private init(json: JSONValue, from place: String) throws(AuditFailure) {
        let document = AuditDocument(json, place: place)
        try document.require(format: Self.format)
        let seq = try document.count("seq")
        let subtrees = try document.hashes("subtrees", limit: 64)
        guard let frontier = MerkleFrontier(size: seq, subtrees: subtrees) else {
            throw document.problem("subtrees", "one hash for each bit of 'seq'")
        }
        guard let at = json["at"]?.string.flatMap({ Timestamp(rfc3339: $0) }) else {
            throw document.problem("at", "a time")
        }
        self.init(
            ledger: try document.ledger(),
            position: AuditPosition(seq: seq, hash: try document.hash("hash"), frontier: frontier), at: at)
    }

    /// Replaces the file whole.
    func save(_ path: String) {
        let json: JSONValue = [
            "format": .string(Self.format), "ledger": .string(ledger.description), "seq": .integer(position.seq),
            "hash": .hex(position.hash), "subtrees": .array(position.frontier.subtrees.map { .hex($0) }),
            "at": .string(at.rfc3339),
        ]
        // Losing the error is safe: the next verification begins further back.
        try? PlainFile.replace(path, with: json.bytes(.pretty))
    }
}
