import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct MerkleTreeTests {
    /// The leaves and roots that certificate-transparency-go and trillian test RFC 6962 and 9162 with.
    private static let published: [(leaf: [UInt8], root: String)] = [
        ([], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ([0x00], "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ([0x10], "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ([0x20, 0x21], "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ([0x30, 0x31], "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        (Array(0x40...0x43), "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        (Array(0x50...0x57), "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        (Array(0x60...0x6F), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ]

    @Test func `the published roots come out`() {
        var frontier = MerkleFrontier()
        #expect(
            ContentDigest.hex(bytes: frontier.root)
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        for (leaf, root) in Self.published {
            frontier.append(leaf: MerkleTree.leaf(leaf))
            #expect(ContentDigest.hex(bytes: frontier.root) == root)
        }
    }

    @Test func `the growing edge has the root of the whole tree at each size, and can be taken up again anywhere`()
        throws
    {
        let leaves = (0..<200).map { [UInt8($0), 7] }
        var frontier = MerkleFrontier()
        for count in 1...leaves.count {
            frontier.append(leaf: MerkleTree.leaf(leaves[count - 1]))
            #expect(frontier.root == ReferenceTree.root(leaves[..<count]), "\(count)")
            frontier = try #require(MerkleFrontier(size: frontier.size, subtrees: frontier.subtrees))
        }
        #expect(MerkleFrontier(size: 3, subtrees: [[1]]) == nil)
        #expect(MerkleFrontier(size: -1, subtrees: frontier.subtrees) == nil)
    }

    @Test func `each proof leads to the root, and no other leaf, place, size or path does`() throws {
        let leaves = (0..<33).map { [UInt8($0)] }
        for size in 1...leaves.count {
            let root = ReferenceTree.root(leaves[..<size])
            for index in 0..<size {
                let path = ReferenceTree.path(index, leaves[..<size])
                func computed(_ leaf: Int, _ index: Int, _ size: Int, _ path: [[UInt8]]) -> [UInt8]? {
                    MerkleTree.root(
                        leaf: MerkleTree.leaf(leaves[leaf]), index: Int64(index), size: Int64(size), path: path)
                }
                #expect(computed(index, index, size, path) == root)
                #expect(computed((index + 1) % 33, index, size, path) != root)
                #expect(computed(index, index, size, path + [root]) == nil)
                if size > 1 {
                    #expect(computed(index, index, size, path.dropLast()) == nil)
                    #expect(computed(index, (index + 1) % size, size, path) != root)
                }
                #expect(computed(index, size, size, path) == nil)
                #expect(computed(index, -1, size, path) == nil)
            }
        }
    }

    @Test func `the ledger's roots and proofs are those of the specification for every size to 200`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.appendEntries(200)
            let hashes = try await ledger.entryHashes()
            for size in 1...200 {
                let root = ReferenceTree.root(hashes[..<size])
                #expect(try await ledger.audit.state(at: Int64(size)).root == root)
                for seq in Set([1, 2, size / 2, size * 2 / 3, size - 1, size]) where (1...size).contains(seq) {
                    let proof = try await ledger.audit.proof(of: Int64(seq), size: Int64(size))
                    #expect(proof.path == ReferenceTree.path(seq - 1, hashes[..<size]), "\(seq) of \(size)")
                    #expect(proof.root == root)
                    #expect(proof.holds)
                    #expect(proof.path.count <= Int(64 - (UInt64(size - 1)).leadingZeroBitCount))
                }
            }
        }
    }

    @Test func `what there is no proof of is refused`() async throws {
        try await withLedger { ledger async throws in
            await #expect(throws: AuditFailure.noEntry(1)) { try await ledger.audit.proof(of: 1) }
            try await ledger.appendEntries(5)
            for seq: Int64 in [0, -1, 6, .max, .min] {
                await #expect(throws: AuditFailure.noEntry(seq)) { try await ledger.audit.proof(of: seq) }
            }
            for size: Int64 in [0, 2, 6, .max] {
                await #expect(throws: AuditFailure.badSize(size, seq: 3, head: 5)) {
                    try await ledger.audit.proof(of: 3, size: size)
                }
            }
        }
    }

    @Test func `stored nodes of several levels change neither roots nor proofs`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            // Hashes are all that the tree is made of.
            let count: Int64 = 65_536 + 300
            try folder.rawConnection().script(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
                INSERT INTO audit SELECT i, i, 'a', 'k', 's', NULL, NULL, NULL, zeroblob(32), zeroblob(32),
                    randomblob(32) FROM n;
                UPDATE audit_head SET seq = \(count)
                """)
            let hashes = try await ledger.entryHashes()
            var frontier = MerkleFrontier()
            for hash in hashes { frontier.append(leaf: MerkleTree.leaf(hash)) }
            #expect(try await ledger.audit.state(at: count).root == frontier.root)
            #expect(try await ledger.count("SELECT count(*) FROM audit_nodes WHERE level = 8") == 257)
            #expect(try await ledger.count("SELECT count(*) FROM audit_nodes WHERE level = 16") == 1)
            for seq: Int64 in [1, 256, 257, 40_000, 65_536, 65_537, count] {
                let proof = try await ledger.audit.proof(of: seq)
                #expect(proof.holds)
                #expect(proof.root == frontier.root)
                #expect(proof.path.count <= 17)
            }
            // Without a node of a higher level the lower ones do.
            try folder.rawConnection(droppingTriggers: false).script(
                "DELETE FROM audit_nodes WHERE level = 16 OR position = 17")
            #expect(try await ledger.audit.proof(of: 5000).root == frontier.root)
        }
    }

    @Test func `an append writes nothing of the tree`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.appendEntries(600)
            #expect(try await ledger.count("SELECT count(*) FROM audit_nodes") == 0)
            _ = try await ledger.audit.proof(of: 1)
            #expect(try await ledger.count("SELECT count(*) FROM audit_nodes") == 2)
        }
    }
}
