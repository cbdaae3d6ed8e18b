import Foundation
import GRDB
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
                try db.appendAudit(
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
            try Data.fetchAll(db, sql: "SELECT hash FROM audit ORDER BY seq").map { Array($0) }
        }
    }

    /// What an anchor made now would say.
    func anchorNow(at seq: Int64? = nil) async throws -> AuditAnchor {
        let head = try await auditHead()
        let state = try await auditState(at: seq ?? head)
        return AuditAnchor(
            ledger: try await ledgerID(), seq: seq ?? head, hash: state.hash, root: state.root, at: start)
    }

    func problem(against anchors: [AuditAnchor] = [], from begin: AuditVerification.Start = .beginning) async throws
        -> AuditVerdict.Problem?
    {
        var verification = AuditVerification()
        verification.start = begin
        verification.pageSize = 4
        verification.checkpoints = anchors.map { AuditCheckpoint($0, source: "the anchor at \($0.seq)") }
        return try await verifyAudit(verification, now: start).problem
    }
}

extension DatabaseQueue {
    /// What somebody does who can write the file and knows the format: changes an entry's body, and makes every hash
    /// behind it anew, the head's too.
    func rewriteChain(from changed: Int64, body: String = #"{"n": 0}"#, droppingNodes: Bool = true) async throws {
        try await write { db in
            if droppingNodes { try db.execute(sql: "DELETE FROM audit_nodes") }
            try db.execute(sql: "DELETE FROM audit_anchors")
            let rows = try Row.fetchAll(
                db,
                sql:
                    "SELECT a.*, b.salt, b.body FROM audit a JOIN audit_bodies b USING (seq) WHERE a.seq >= ? ORDER BY a.seq",
                arguments: [changed])
            var previous =
                try Data.fetchOne(db, sql: "SELECT hash FROM audit WHERE seq = ?", arguments: [changed - 1])
                ?? Data(count: 32)
            for row in rows {
                let seq: Int64 = row["seq"]
                let bytes: Data = seq == changed ? Data(body.utf8) : row["body"]
                let bodyHash = AuditHash.body(salt: Array(row["salt"] as Data), body: Array(bytes))
                let hash = AuditHash.entry(
                    seq: seq, at: row["at"], actor: row["actor"], kind: row["kind"], subject: row["subject"],
                    commit: row["commit_id"], cause: row["cause"], root: row["root"], bodyHash: bodyHash,
                    previous: Array(previous))
                try db.execute(
                    sql: "UPDATE audit SET body_hash = ?, prev = ?, hash = ? WHERE seq = ?",
                    arguments: [Data(bodyHash), previous, Data(hash), seq])
                try db.execute(sql: "UPDATE audit_bodies SET body = ? WHERE seq = ?", arguments: [bytes, seq])
                previous = Data(hash)
            }
            try db.execute(sql: "UPDATE audit_head SET hash = ?", arguments: [previous])
        }
    }

    /// Cuts the log off behind `last`, as if it had never gone on.
    func cutTail(after last: Int64) async throws {
        try await write { db in
            for table in ["audit", "audit_bodies", "audit_anchors"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE seq > ?", arguments: [last])
            }
            try db.execute(sql: "DELETE FROM audit_nodes")
            try db.execute(
                sql:
                    "UPDATE audit_head SET seq = ?1, hash = coalesce((SELECT hash FROM audit WHERE seq = ?1), zeroblob(32))",
                arguments: [last])
        }
    }
}
