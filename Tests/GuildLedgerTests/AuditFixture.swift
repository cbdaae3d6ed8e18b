import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// RFC 9162, section 2.1, as its text says it: slow, recursive, and nothing of ours in it but SHA-256.
enum ReferenceTree {
    static func root(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        guard leaves.count > 1 else {
            return ContentDigest.bytes(of: leaves.first.map { [0] + $0 } ?? [])
        }
        let middle = leaves.startIndex + split(leaves.count)
        return ContentDigest.bytes(of: [1] + root(leaves[..<middle]) + root(leaves[middle...]))
    }

    static func path(_ m: Int, _ leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard leaves.count > 1 else { return [] }
        let k = split(leaves.count)
        let middle = leaves.startIndex + k
        return m < k
            ? path(m, leaves[..<middle]) + [root(leaves[middle...])]
            : path(m - k, leaves[middle...]) + [root(leaves[..<middle])]
    }

    /// The largest power of two below `count`.
    private static func split(_ count: Int) -> Int {
        var k = 1
        while k * 2 < count { k *= 2 }
        return k
    }
}

extension Ledger {
    /// Appends entries with every column set, numbered on from `first`, in one transaction.
    func appendEntries(_ count: Int, from first: Int = 1, agent: String = "ranger") async throws {
        try await write { db in
            for number in first..<first + count {
                try db.audit.append(
                    AuditEntry(
                        at: start + .seconds(number), actor: "user:ada", kind: .operatorCommand, subject: "s\(number)",
                        commit: "c\(number)", cause: "e\(number)", root: "r\(number)",
                        body: ["n": .integer(number), "agent": .string(agent)]))
            }
        }
    }

    /// The hashes of the entries, in order.
    func entryHashes() async throws -> [[UInt8]] {
        try await read { db in
            try db.column("SELECT hash FROM audit ORDER BY seq")
        }
    }

    /// What an anchor made now would say.
    func anchorNow(at seq: Int64? = nil) async throws -> AuditAnchor {
        let head = try await audit.head()
        let state = try await audit.state(at: seq ?? head)
        return AuditAnchor(
            ledger: try await audit.ledgerID(), seq: seq ?? head, hash: state.hash, root: state.root, at: start)
    }

    func problem(against anchors: [AuditAnchor] = [], from begin: AuditVerification.Start = .beginning) async throws
        -> AuditVerdict.Problem?
    {
        var verification = AuditVerification()
        verification.start = begin
        verification.pageSize = 4
        verification.checkpoints = anchors.map { AuditCheckpoint($0, source: "the anchor at \($0.seq)") }
        return try await audit.verify(verification, now: start).problem
    }
}

extension SQLiteConnection {
    /// What somebody does who can write the file and knows the format: changes an entry's body, and makes every hash
    /// behind it anew, the head's too.
    func rewriteChain(from changed: Int64, body: String = #"{"n": 0}"#, droppingNodes: Bool = true) throws {
        try transaction { db in
            if droppingNodes { try db.run("DELETE FROM audit_nodes") }
            try db.run("DELETE FROM audit_anchors")
            var previous: [UInt8] =
                try db.value("SELECT hash FROM audit WHERE seq = ?", [changed - 1]) ?? Array(repeating: 0, count: 32)
            let rows = """
                SELECT a.*, b.salt, b.body FROM audit a JOIN audit_bodies b USING (seq) WHERE a.seq >= ? ORDER BY a.seq
                """
            try db.each(rows, [changed]) { row in
                let seq: Int64 = try row["seq"]
                let bytes = try seq == changed ? Array(body.utf8) : row["body"]
                let bodyHash = AuditHash.body(salt: try row["salt"], body: bytes)
                let hash = AuditHash.entry(
                    seq: seq, at: try row["at"],
                    texts: try ["actor", "kind", "subject", "commit_id", "cause", "root"].map {
                        try row[$0] as String?
                    },
                    bodyHash: bodyHash, previous: previous)
                try db.run(
                    "UPDATE audit SET body_hash = ?, prev = ?, hash = ? WHERE seq = ?",
                    [bodyHash, previous, hash, seq])
                try db.run("UPDATE audit_bodies SET body = ? WHERE seq = ?", [bytes, seq])
                previous = hash
            }
            try db.run("UPDATE audit_head SET hash = ?", [previous])
        }
    }

    /// Cuts the log off behind `last`, as if it had never gone on.
    func cutTail(after last: Int64) throws {
        try transaction { db in
            for table in ["audit", "audit_bodies", "audit_anchors"] {
                try db.run("DELETE FROM \(table) WHERE seq > ?", [last])
            }
            try db.run("DELETE FROM audit_nodes")
            try db.run(
                """
                UPDATE audit_head SET seq = ?, hash = coalesce((SELECT hash FROM audit WHERE seq = ?), zeroblob(32))
                """, [last, last])
        }
    }
}
