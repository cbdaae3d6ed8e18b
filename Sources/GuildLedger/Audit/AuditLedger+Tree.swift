import GuildDomain

extension AuditLedger {
    /// Derives and stores the nodes of every complete group of 256 entries that has none yet.
    ///
    /// - Throws: `AuditFailure` if an entry of the chain is missing.
    func extendTree() async throws {
        while let batch = try await ledger.scan({ db in try db.audit.nextNodes() }) {
            try await ledger.write { db in try db.audit.insertNodes(batch.hashes, from: batch.position) }
        }
    }

    /// Chain hash and tree root as of entry `seq`, from what is stored; 0 is before the first.
    ///
    /// - Throws: `AuditFailure` if there is no such entry.
    package func state(at seq: Int64) async throws -> (hash: [UInt8], root: [UInt8]) {
        let position = try await position(at: seq)
        return (position.hash, position.frontier.root)
    }

    /// The same with the tree's right edge, so that a verification can begin after it.
    package func position(at seq: Int64) async throws -> AuditPosition {
        guard seq > 0 else { return AuditPosition() }
        try await extendTree()
        return try await ledger.scan { db in
            AuditPosition(seq: seq, hash: try db.audit.hash(of: seq), frontier: try db.audit.frontier(size: seq))
        }
    }

    /// The proof that entry `seq` is in the tree of the first `size` entries.
    ///
    /// - Throws: `AuditFailure` if there is no such entry, or `size` is below `seq` or beyond the head.
    package func proof(of seq: Int64, size: Int64? = nil) async throws -> AuditProof {
        try await extendTree()
        return try await ledger.scan { db in
            let head = try db.audit.head()
            let size = size ?? head
            guard (1...max(head, 1)).contains(seq), head > 0 else { throw AuditFailure.noEntry(seq) }
            guard size >= seq, size <= head else { throw AuditFailure.badSize(size, seq: seq, head: head) }
            return AuditProof(
                ledger: try db.audit.ledgerID(), seq: seq, size: size, hash: try db.audit.hash(of: seq),
                path: try db.audit.path(of: seq - 1, in: 0, size), root: try db.audit.root(of: 0, size))
        }
    }
}

extension AuditStatements {
    /// The number of the newest entry; 0 before the first.
    func head() throws -> Int64 {
        if let head = db.shared?.auditHead { return head.seq }
        return try db.value("SELECT seq FROM audit_head") ?? 0
    }

    /// The last entry that a stored node of the tree covers; 0 if there is none.
    func treeReach() throws -> Int64 {
        try db.all("SELECT level, max(position) FROM audit_nodes GROUP BY level") { row in
            let level: Int64 = try row[0]
            let position: Int64 = try row[1]
            return position < Int64.max >> level ? (position + 1) << level : .max
        }.max() ?? 0
    }

    /// The identity of this ledger, which its anchors carry.
    func ledgerID() throws -> LedgerID {
        guard let id = try db.value("SELECT id FROM audit_identity", as: LedgerID.self) else {
            throw StorageFault(kind: .notADatabase, message: "the ledger's identity is missing")
        }
        return id
    }

    /// - Throws: `AuditFailure.noEntry`.
    fileprivate func hash(of seq: Int64) throws -> [UInt8] {
        guard let hash = try db.value("SELECT hash FROM audit WHERE seq = ?", [seq], as: [UInt8].self) else {
            throw AuditFailure.noEntry(seq)
        }
        return hash
    }

    // MARK: Deriving

    /// The nodes of level 8 that come next; nil if no further group of 256 is complete.
    fileprivate func nextNodes() throws -> (position: Int64, hashes: [[UInt8]])? {
        let start: Int64 =
            try db.value("SELECT max(position) + 1 FROM audit_nodes WHERE level = ?", [AuditTree.step]) ?? 0
        let end = min(try head() / AuditTree.fan, start + AuditTree.batch)
        guard start < end else { return nil }
        return (start, try (start..<end).map { try root(of: $0 * AuditTree.fan, ($0 + 1) * AuditTree.fan) })
    }

    fileprivate func insertNodes(_ hashes: [[UInt8]], from position: Int64) throws {
        var level = AuditTree.step
        var range = position..<position + Int64(hashes.count)
        for (offset, hash) in hashes.enumerated() {
            try insertNode(level: level, position: position + Int64(offset), hash)
        }
        // A group that this batch completes; another process may have been here first, with the same hashes.
        while level < AuditTree.top {
            range = range.lowerBound / AuditTree.fan..<range.upperBound / AuditTree.fan
            guard !range.isEmpty else { return }
            for parent in range {
                guard let children = try storedNodes(level, parent * AuditTree.fan, count: AuditTree.fan) else {
                    return
                }
                try insertNode(
                    level: level + AuditTree.step, position: parent, MerkleTree.root(ofComplete: children))
            }
            level += AuditTree.step
        }
    }

    private func insertNode(level: Int, position: Int64, _ hash: [UInt8]) throws {
        try db.run(
            "INSERT INTO audit_nodes (level, position, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [level, position, hash])
    }

    // MARK: Reading

    /// The root over leaves `from` to before `to` (RFC 9162, section 2.1.1); a subtree of that size may begin at
    /// `from`.
    func root(of from: Int64, _ to: Int64) throws -> [UInt8] {
        let count = to - from
        guard count > 0 else { return MerkleTree.emptyRoot }
        if count & (count - 1) == 0 { return try completeSubtree(level: count.trailingZeroBitCount, from: from) }
        let middle = from + MerkleTree.split(count)
        return MerkleTree.node(try root(of: from, middle), try root(of: middle, to))
    }

    fileprivate func frontier(size: Int64) throws -> MerkleFrontier {
        var from: Int64 = 0
        var subtrees: [[UInt8]] = []
        for bit in (0..<63).reversed() where size & (1 << bit) != 0 {
            subtrees.append(try root(of: from, from + (1 << bit)))
            from += 1 << bit
        }
        return MerkleFrontier(size: size, subtrees: subtrees) ?? MerkleFrontier()
    }

    /// PATH(index, leaves) of RFC 9162, section 2.1.3.1.
    fileprivate func path(of index: Int64, in from: Int64, _ to: Int64) throws -> [[UInt8]] {
        guard to - from > 1 else { return [] }
        let middle = from + MerkleTree.split(to - from)
        return index < middle
            ? try path(of: index, in: from, middle) + [root(of: middle, to)]
            : try path(of: index, in: middle, to) + [root(of: from, middle)]
    }

    private func completeSubtree(level: Int, from: Int64) throws -> [UInt8] {
        guard level >= AuditTree.step else { return MerkleTree.root(ofComplete: try leaves(from, count: 1 << level)) }
        let stored = min(level / AuditTree.step * AuditTree.step, AuditTree.top)
        if let nodes = try storedNodes(stored, from >> stored, count: 1 << (level - stored)) {
            return MerkleTree.root(ofComplete: nodes)
        }
        let leaves: Int64 = 1 << level
        if level == AuditTree.step { return MerkleTree.root(ofComplete: try self.leaves(from, count: leaves)) }
        return MerkleTree.node(
            try completeSubtree(level: level - 1, from: from),
            try completeSubtree(level: level - 1, from: from + leaves / 2))
    }

    /// - Returns: nil unless every one of them is stored.
    private func storedNodes(_ level: Int, _ position: Int64, count: Int64) throws -> [[UInt8]]? {
        guard count <= AuditTree.fan else { return nil }
        var hashes: [[UInt8]] = []
        try db.rows(
            "SELECT hash FROM audit_nodes WHERE level = ? AND position >= ? AND position < ? ORDER BY position",
            [level, position, position + count]
        ) { row in
            // A damaged node is computed from the level below, like a missing one.
            guard let hash = [UInt8](stored: row.source, column: 0), hash.count == AuditHash.bytes else { return false }
            hashes.append(hash)
            return true
        }
        return Int64(hashes.count) == count ? hashes : nil
    }

    private func leaves(_ from: Int64, count: Int64) throws -> [[UInt8]] {
        var hashes: [[UInt8]] = []
        var next: Int64 = from + 1
        try db.rows("SELECT seq, hash FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq", [from, from + count]) {
            row in
            guard row.source.integer(0) == next, let hash = [UInt8](stored: row.source, column: 1) else { return false }
            hashes.append(MerkleTree.leaf(hash))
            next += 1
            return true
        }
        guard next == from + count + 1 else { throw AuditFailure.noEntry(next) }
        return hashes
    }
}
