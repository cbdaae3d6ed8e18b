import Foundation
import GRDB
import GuildDomain

/// The chain as far as it was recomputed. It trusts nothing that it reads: neither the columns' types nor their order.
struct AuditChain: Sendable {
    private(set) var seq: Int64 = 0
    private(set) var hash = [UInt8](repeating: 0, count: 32)
    private(set) var problem: AuditVerdict.Problem?

    /// Text columns come as their bytes: read as text, one would end at its first zero byte, and bytes that are not
    /// UTF-8 would be repaired. The storage classes come along, so that text made a blob is seen.
    private static let page = """
        SELECT a.seq, a.at, CAST(a.actor AS BLOB) AS actor, CAST(a.kind AS BLOB) AS kind,
            CAST(a.subject AS BLOB) AS subject, CAST(a.commit_id AS BLOB) AS commit_id, CAST(a.cause AS BLOB) AS cause,
            CAST(a.root AS BLOB) AS root, a.body_hash, a.prev, a.hash, b.salt, b.body,
            typeof(a.at) || ' ' || typeof(a.actor) || ' ' || typeof(a.kind) || ' ' || typeof(a.subject) || ' '
            || typeof(a.commit_id) || ' ' || typeof(a.cause) || ' ' || typeof(a.root) || ' ' || typeof(a.body_hash)
            || ' ' || typeof(a.prev) || ' ' || typeof(a.hash) AS types,
            typeof(b.salt) || ' ' || typeof(b.body) AS body_types
        FROM audit a LEFT JOIN audit_bodies b ON b.seq = a.seq
        WHERE a.seq > ? ORDER BY a.seq LIMIT ?
        """

    /// Follows the next `count` entries, and compares with the head behind the last one.
    ///
    /// - Returns: whether there are no more.
    mutating func take(page count: Int, of db: Database) throws -> Bool {
        // The first page looks at every number that a row can have.
        let after = seq == 0 ? Int64.min : seq
        let rows = try Row.fetchCursor(db, sql: Self.page, arguments: [after, count])
        var taken = 0
        while problem == nil, let row = try rows.next() {
            follow(row)
            taken += 1
        }
        guard problem == nil, taken < count else { return problem != nil }
        try compareWithHead(db)
        return true
    }

    private mutating func follow(_ row: Row) {
        let next = seq + 1
        guard let found = Int64.fromDatabaseValue(row["seq"]), found == next else {
            let found = Int64.fromDatabaseValue(row["seq"]) ?? 0
            return problem = .init(
                seq: min(next, found),
                reason: found < next ? "it was inserted" : "the entry is missing; the next one is \(found)")
        }
        guard let stored = bytes(row, "hash"), let previous = bytes(row, "prev"),
            let bodyHash = bytes(row, "body_hash"),
            let at = Int64.fromDatabaseValue(row["at"]), isWellTyped(row)
        else { return problem = .init(seq: next, reason: "a column was changed") }
        guard previous == hash else {
            return problem = .init(seq: next, reason: "it does not follow the entry before it")
        }
        let computed = AuditHash.entry(
            seq: next, at: at,
            columns: ["actor", "kind", "subject", "commit_id", "cause", "root"].map { bytes(row, $0) },
            bodyHash: bodyHash, previous: hash)
        guard computed == stored else { return problem = .init(seq: next, reason: "a column was changed") }
        guard let salt = bytes(row, "salt"), let body = bytes(row, "body") else {
            return problem = .init(seq: next, reason: "its body is gone and no erasure covers it")
        }
        guard String.fromDatabaseValue(row["body_types"]) == "blob blob",
            salt.count == AuditHash.saltBytes, AuditHash.body(salt: salt, body: body) == bodyHash
        else { return problem = .init(seq: next, reason: "its body was changed") }
        seq = next
        hash = computed
    }

    private func isWellTyped(_ row: Row) -> Bool {
        let types = String.fromDatabaseValue(row["types"])?.split(separator: " ") ?? []
        guard types.count == 10 else { return false }
        return types[0] == "integer" && types[1...3].allSatisfy { $0 == "text" }
            && types[4...6].allSatisfy { $0 == "text" || $0 == "null" } && types[7...].allSatisfy { $0 == "blob" }
    }

    private func bytes(_ row: Row, _ column: String) -> [UInt8]? {
        Data.fromDatabaseValue(row[column]).map { Array($0) }
    }

    private mutating func compareWithHead(_ db: Database) throws {
        if let stray = try Int64.fetchOne(
            db, sql: "SELECT seq FROM audit_bodies WHERE seq < 1 OR seq > ? LIMIT 1", arguments: [seq])
        {
            return problem = .init(seq: stray, reason: "there is a body without an entry")
        }
        guard let head = try Row.fetchOne(db, sql: "SELECT seq, hash FROM audit_head"),
            let headSeq = Int64.fromDatabaseValue(head["seq"])
        else { return problem = .init(seq: seq, reason: "the head is gone or damaged") }
        if headSeq != seq {
            problem = .init(
                seq: min(seq, max(headSeq, 0)) + 1, reason: "the chain ends at \(seq), its head says \(headSeq)")
        } else if bytes(head, "hash") != hash {
            problem = .init(seq: max(seq, 1), reason: "the head's hash is not that of the last entry")
        }
    }
}
