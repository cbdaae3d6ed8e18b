package import GuildCodex
package import GuildDomain
package import GuildLedger

/// Writes anchors of the audit log to the codex repository, and finds existing ones.
///
/// An anchor is worth something only once it leaves the machine: pushed, or fetched by somebody else.
package struct AuditAnchorer: Sendable {
    /// How often to read the ref again if another process moved it meanwhile.
    private static let attempts = 8
    /// Anchors that are compared with, the newest of the history.
    package static let historyLimit = 4096

    private let audit: AuditLedger
    private let anchors: AnchorBranch
    private let time: any TimeSource
    private let actor: String

    /// - Parameter actor: the anchoring user or component, for the audit log: `user:NAME`, `serve`.
    package init(audit: AuditLedger, anchors: AnchorBranch, time: any TimeSource, actor: String) {
        self.audit = audit
        self.anchors = anchors
        self.time = time
        self.actor = actor
    }

    /// The result of anchoring.
    package enum Outcome: Sendable, Hashable {
        case anchored(AuditAnchor, commit: CommitID, isSigned: Bool)
        /// Nothing has been written since this one.
        case standing(AuditAnchor, commit: CommitID)
        /// The log has no entry yet.
        case empty
    }

    /// Anchors the current log, after recomputing the entries since the last anchor.
    ///
    /// - Throws: `AnchorRefused` if the log does not match the last anchor, or is invalid.
    package func anchor() async throws -> Outcome {
        let file = Self.file(of: try await audit.ledgerID())
        for _ in 0..<Self.attempts {
            let tree = try anchors.newest()
            let last = try tree.flatMap { tree in
                try tree.files[file].map { try Self.checkpoint($0, commit: tree.commit, in: anchors) }
            }
            switch try await audit.offerAnchor(after: last, now: time.now) {
            case .nothingNew:
                guard let last, let tree else { return .empty }
                // An anchoring that was killed after its commit has not recorded it.
                try await audit.recordAnchor(last.anchor, commit: tree.commit.hex, actor: actor, now: time.now)
                return .standing(last.anchor, commit: tree.commit)
            case .refused(let problem): throw AnchorRefused(problem: problem)
            case .anchor(let anchor):
                // Git may wait for the key that signs.
                let anchoring = try await onOwnThread { [anchors] in
                    try anchors.commit(
                        file: file, bytes: anchor.json.bytes(.pretty) + [UInt8(ascii: "\n")],
                        message: Self.message(anchor), onto: tree?.commit)
                }
                guard case .committed(let commit, let isSigned) = anchoring else { continue }
                try await audit.recordAnchor(anchor, commit: commit.hex, actor: actor, now: time.now)
                return .anchored(anchor, commit: commit, isSigned: isSigned)
            }
        }
        throw AnchorFailure.contended(place: anchors.place)
    }

    /// The name of a ledger's file in the anchors' history.
    package static func file(of ledger: LedgerID) -> String { "\(ledger).json" }

    private static func message(_ anchor: AuditAnchor) -> String {
        """
        Audit anchor: entry \(anchor.seq) of ledger \(anchor.ledger)

        chain hash \(ContentDigest.hex(bytes: anchor.hash))
        tree root  \(ContentDigest.hex(bytes: anchor.root))

        """
    }

    // MARK: Finding

    /// The anchors of a ledger in a repository, the newest last.
    ///
    /// - Parameter revision: where to look; nil is `refs/guild/audit`.
    /// - Throws: `AnchorsMissing` if there are none, or none of this ledger.
    package static func checkpoints(
        of ledger: LedgerID, in anchors: AnchorBranch, at revision: String? = nil
    ) throws -> [AuditCheckpoint] {
        let name = revision ?? AnchorBranch.ref
        guard let tree = try anchors.newest(at: revision) else {
            throw AnchorsMissing(place: anchors.place, revision: name, ledger: ledger, others: [])
        }
        let history = try anchors.history(of: file(of: ledger), from: tree.commit, limit: historyLimit)
        guard !history.isEmpty else {
            let others = tree.files.keys.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
            throw AnchorsMissing(place: anchors.place, revision: name, ledger: ledger, others: others)
        }
        return try history.reversed().map { try checkpoint($0.bytes, commit: $0.commit, in: anchors) }
    }

    private static func checkpoint(
        _ bytes: [UInt8], commit: CommitID, in anchors: AnchorBranch
    ) throws(AnchorFailure) -> AuditCheckpoint {
        do {
            let anchor = try AuditAnchor(json: JSONParser.parse(bytes), from: "commit \(commit.short)")
            return AuditCheckpoint(anchor, source: "the anchor in commit \(commit.short) of \(anchors.place)")
        } catch {
            throw .foreign(
                place: anchors.place, commit: commit.hex, detail: (error as? any GuildError)?.message ?? "\(error)")
        }
    }
}

/// The audit log does not match its last anchor, or is invalid: nothing was anchored.
package struct AnchorRefused: GuildError, Equatable {
    /// The first entry that does not match, and why.
    package let problem: AuditVerdict.Problem

    package var kind: ErrorKind { .failed }
    package var message: String { "not anchored: entry \(problem.seq): \(problem.reason)" }
    package var hint: String? {
        "run `guild audit verify --anchored`; if the ledger is an older copy, restore the newest backup"
    }
}

/// A repository without an anchor to compare with.
package struct AnchorsMissing: GuildError, Equatable {
    /// The repository that was searched.
    package let place: String
    /// The revision that was searched.
    package let revision: String
    /// The ledger whose anchors were wanted.
    package let ledger: LedgerID
    /// The ledgers that there are anchors of.
    package let others: [String]

    package var kind: ErrorKind { .failed }
    package var message: String {
        let found = others.isEmpty ? "" : "; there are anchors of \(others.prefix(3).joined(separator: ", "))"
        return "\(place): no anchor of ledger \(ledger) at \(revision)" + found
    }
    package var hint: String? {
        others.isEmpty
            ? "create one with `guild audit anchor`, or fetch them: git fetch REMOTE \(AnchorBranch.ref)"
            : "name their ledger with --ledger; if this one replaced it, that is tampering"
    }
}
