import Crypto
import Foundation
import GuildDomain

/// The chain as far as it was recomputed, its tree beside it. It trusts nothing that it reads: neither the columns'
/// types nor their order nor the stored nodes.
struct AuditChain: Sendable {
    private(set) var position: AuditPosition
    private(set) var problem: AuditVerdict.Problem?
    /// Bodies that are gone because an erasure covers them.
    private(set) var erased: Int64 = 0
    /// The anchors that agreed.
    private(set) var agreed = 0

    private let isWhole: Bool
    /// The anchors still to be passed, by number.
    private var checkpoints: ArraySlice<AuditCheckpoint>
    private var lastAgreed: Int64
    private var erasures = AuditErasures()
    /// Nodes computed since the last comparison with the stored ones.
    private var nodes: [(level: Int, position: Int64, hash: [UInt8])] = []
    private var scratch: [UInt8] = []

    private static let entries = """
        SELECT \(AuditColumn.list) FROM \(AuditColumn.tables) WHERE a.seq > ? ORDER BY a.seq LIMIT ?
        """
    /// A read ends after this many bytes, however long the bodies are.
    private static let pageBytes = 32 << 20

    /// - Parameter position: the part that is known to be valid; the walk begins after it.
    init(from position: AuditPosition = AuditPosition(), checkpoints: [AuditCheckpoint] = []) {
        self.position = position
        isWhole = position.seq == 0
        lastAgreed = position.seq
        self.checkpoints =
            checkpoints.filter { $0.anchor.seq > position.seq }.sorted { $0.anchor.seq < $1.anchor.seq }[...]
    }

    /// Follows the next `count` entries, and compares with the head and with the remainder after the last one.
    ///
    /// - Returns: whether there are no more.
    mutating func take(page count: Int, of db: LedgerTransaction) throws -> Bool {
        // The first page looks at every number that a row can have.
        let after = position.seq == 0 ? Int64.min : position.seq
        var taken = 0
        var bytes = 0
        try db.rows(Self.entries, [after, count]) { entry in
            bytes += 256 + entry.source.bytes(AuditColumn.body) { $0.count }
            taken += 1
            try follow(entry, db)
            return problem == nil && bytes < Self.pageBytes
        }
        if problem == nil { try compareNodes(db) }
        guard problem == nil, taken < count, bytes < Self.pageBytes else { return problem != nil }
        try compareEnds(db)
        return true
    }

    private mutating func follow(_ row: LedgerRow, _ db: LedgerTransaction) throws {
        let next = position.seq + 1
        let found = row.source.integer(AuditColumn.seq)
        guard found == next else {
            return problem = .init(
                seq: min(next, found),
                reason: found < next ? "it was inserted" : "the entry is missing; the next one is \(found)")
        }
        guard AuditHash.write(row, into: &scratch) else {
            return problem = .init(seq: next, reason: "a column was changed")
        }
        guard position.hash.withUnsafeBytes({ Self.equal($0, row, AuditColumn.previous) }) else {
            return problem = .init(seq: next, reason: "it does not follow the entry before it")
        }
        let computed = scratch.withUnsafeBytes { AuditHash.digest(of: $0) }
        guard computed.withUnsafeBytes({ Self.equal($0, row, AuditColumn.hash) }) else {
            return problem = .init(seq: next, reason: "a column was changed")
        }
        if row.source.kind(AuditColumn.bodySeq) != .null {
            guard let digest = AuditHash.bodyDigest(row),
                digest.withUnsafeBytes({ Self.equal($0, row, AuditColumn.bodyHash) })
            else { return problem = .init(seq: next, reason: "its body was changed") }
        } else if try covers(next, row, db) {
            erased += 1
        } else {
            return problem = .init(seq: next, reason: "its body is missing and no erasure covers it")
        }
        advance(to: next, computed.withUnsafeBytes { Array($0) })
    }

    /// Whether an erasure later in the chain names that entry. Asked again in this snapshot before the answer is no:
    /// the erasure may have come while we walked.
    private mutating func covers(_ seq: Int64, _ row: LedgerRow, _ db: LedgerTransaction) throws -> Bool {
        let erasure = AuditEntry.Kind.auditErased.rawValue.utf8
        guard !row.source.bytes(AuditColumn.kind, { $0.elementsEqual(erasure) }) else { return false }
        if erasures.covers(seq) { return true }
        erasures = try AuditErasures(in: db)
        return erasures.covers(seq)
    }

    private mutating func advance(to seq: Int64, _ hash: [UInt8]) {
        position.advance(to: seq, hash: hash) { level, hash in
            guard level.isMultiple(of: AuditTree.step), level <= AuditTree.top else { return }
            nodes.append((level: level, position: (seq >> level) - 1, hash: hash))
        }
        while let checkpoint = checkpoints.first, checkpoint.anchor.seq == seq, problem == nil {
            checkpoints.removeFirst()
            guard let difference = checkpoint.difference(from: position) else {
                agreed += 1
                lastAgreed = seq
                continue
            }
            problem = .init(seq: min(lastAgreed + 1, seq), reason: checkpoint.reason(difference, since: lastAgreed))
        }
    }

    /// Whether a column holds exactly those bytes.
    private static func equal(_ bytes: UnsafeRawBufferPointer, _ row: LedgerRow, _ column: Int32) -> Bool {
        row.source.bytes(column) { stored in
            guard bytes.count == stored.count, let one = bytes.baseAddress, let other = stored.baseAddress else {
                return false
            }
            return memcmp(one, other, stored.count) == 0
        }
    }

    // MARK: Beside and after the entries

    /// A stored node decides nothing here, but proofs and anchors are made from it.
    private mutating func compareNodes(_ db: LedgerTransaction) throws {
        for node in nodes {
            let isWrong = try db.first(
                "SELECT hash FROM audit_nodes WHERE level = ? AND position = ?", [node.level, node.position]
            ) { [UInt8](stored: $0.source, column: 0) != node.hash }
            guard isWrong == true else { continue }
            let first = node.position << node.level + 1
            problem = .init(
                seq: first,
                reason: "the stored tree node over entries \(first) to \((node.position + 1) << node.level) was changed"
            )
            break
        }
        nodes.removeAll(keepingCapacity: true)
    }

    private mutating func compareEnds(_ db: LedgerTransaction) throws {
        let seq = position.seq
        let stray = "SELECT seq FROM audit_bodies WHERE seq < 1 OR seq > ? LIMIT 1"
        if let stray = try db.value(stray, [seq], as: Int64.self) {
            return problem = .init(seq: stray, reason: "there is a body without an entry")
        }
        let head = try db.first("SELECT seq, hash FROM audit_head") { row in
            (seq: Int64(stored: row.source, column: 0), hash: [UInt8](stored: row.source, column: 1))
        }
        guard let head, let headSeq = head.seq else {
            return problem = .init(seq: seq, reason: "the head is missing or damaged")
        }
        if headSeq != seq {
            return problem = .init(
                seq: min(seq, max(headSeq, 0)) + 1, reason: "the chain ends at \(seq), its head says \(headSeq)")
        }
        guard head.hash == position.hash else {
            return problem = .init(seq: max(seq, 1), reason: "the head's hash is not that of the last entry")
        }
        if let checkpoint = checkpoints.first {
            return problem = .init(
                seq: seq + 1,
                reason:
                    "the log ends at \(seq), but \(checkpoint.source) pins entry \(checkpoint.anchor.seq): its tail was cut off"
            )
        }
        if isWhole, try db.audit.treeReach() > seq {
            problem = .init(
                seq: seq + 1, reason: "the tree has nodes for missing entries: the tail was cut off")
        }
    }
}

/// How much of a chain is known to be valid.
package struct AuditPosition: Sendable, Hashable {
    package private(set) var seq: Int64 = 0
    /// The entry's `hash`; 32 zero bytes before the first.
    package private(set) var hash = [UInt8](repeating: 0, count: AuditHash.bytes)
    /// The tree of the entries up to there.
    package private(set) var frontier = MerkleFrontier()

    package init() {}

    init(seq: Int64, hash: [UInt8], frontier: MerkleFrontier) {
        self.seq = seq
        self.hash = hash
        self.frontier = frontier
    }

    mutating func advance(to seq: Int64, hash: [UInt8], completed: (Int, [UInt8]) -> Void) {
        self.seq = seq
        self.hash = hash
        frontier.append(leaf: MerkleTree.leaf(hash), completed: completed)
    }
}

/// An anchor for comparison in a verification, with its source.
package struct AuditCheckpoint: Sendable, Hashable {
    package let anchor: AuditAnchor
    /// `the anchor at entry 120 (commit 3f2a…)`, in the middle of a sentence.
    package let source: String

    package init(_ anchor: AuditAnchor, source: String) {
        self.anchor = anchor
        self.source = source
    }

    /// - Returns: the difference from the anchor; nil if there is none.
    func difference(from position: AuditPosition) -> String? {
        if position.hash != anchor.hash { return "chain hash" }
        return position.frontier.root != anchor.root ? "tree root" : nil
    }

    func reason(_ difference: String, since agreed: Int64) -> String {
        let range = agreed + 1 < anchor.seq ? "it or a later one up to \(anchor.seq)" : "it"
        return "\(range) was rewritten: \(source) has another \(difference)"
    }
}

/// The ranges whose bodies were erased, as the erasures' own entries say.
struct AuditErasures: Sendable {
    /// In order and apart from each other.
    private var ranges: [ClosedRange<Int64>] = []

    init() {}

    /// Reads every erasure whose body is the one that its entry carries the hash of; the walk that asks verifies those
    /// entries too.
    init(in db: LedgerTransaction) throws {
        var found: [ClosedRange<Int64>] = []
        try db.each("SELECT \(AuditColumn.list) FROM \(AuditColumn.tables) WHERE a.kind = 'audit.erased'") { row in
            guard let digest = AuditHash.bodyDigest(row),
                row.source.bytes(AuditColumn.bodyHash, { $0.elementsEqual(digest) }),
                // A body that is not a document covers nothing; the missing ones are then named.
                let document = try? JSONParser.parse(row.source.bytes(AuditColumn.body) { Array($0) }),
                let first = document["first"]?.integer, let last = document["last"]?.integer, first >= 1,
                first <= last, last < row.source.integer(AuditColumn.seq)
            else { return }
            found.append(first...last)
        }
        for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = ranges.last, range.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                ranges.append(range)
            }
        }
    }

    func covers(_ seq: Int64) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < seq { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(seq)
    }
}
