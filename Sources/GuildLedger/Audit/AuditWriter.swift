import Foundation
import GRDB
import GuildDomain

extension Database {
    /// Appends to the chain, in the transaction of the thing itself. The head is one row, read and written here and
    /// never cached: a rolled-back savepoint takes its entry with it.
    func appendAudit(_ entry: AuditEntry) throws {
        guard let head = try cachedStatement(sql: "SELECT seq, hash FROM audit_head").headRow() else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the audit head is missing or damaged")
        }
        let body = entry.body.bytes()
        let salt = Self.randomSalt()
        let bodyHash = AuditHash.body(salt: salt, body: body)
        let seq = head.seq + 1
        let hash = AuditHash.entry(
            seq: seq, at: entry.at.microseconds, actor: entry.actor, kind: entry.kind.rawValue, subject: entry.subject,
            commit: entry.commit, cause: entry.cause, root: entry.root, bodyHash: bodyHash, previous: head.hash)
        try cachedStatement(sql: "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").execute(arguments: [
            seq, entry.at, entry.actor, entry.kind.rawValue, entry.subject, entry.commit, entry.cause, entry.root,
            Data(bodyHash), Data(head.hash), Data(hash),
        ])
        try cachedStatement(sql: "INSERT INTO audit_bodies VALUES (?, ?, ?)")
            .execute(arguments: [seq, Data(salt), Data(body)])
        try cachedStatement(sql: "UPDATE audit_head SET seq = ?, hash = ?").execute(arguments: [seq, Data(hash)])
    }

    private static func randomSalt() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return Identifier<AuditEntry>(high: generator.next(), low: generator.next()).bytes
    }
}

extension Statement {
    /// - Returns: nil where the row is not what we wrote; nothing is then appended to it.
    fileprivate func headRow() throws -> (seq: Int64, hash: [UInt8])? {
        guard let row = try Row.fetchOne(self), let seq = Int64.fromDatabaseValue(row[0]),
            (0..<Int64.max).contains(seq),
            let hash = Data.fromDatabaseValue(row[1]), hash.count == 32
        else { return nil }
        return (seq, Array(hash))
    }
}

extension Ledger {
    /// Appends an entry that belongs to no other transaction: an operator's command, for one.
    package func audit(_ entry: AuditEntry) async throws {
        try await write { db in try db.appendAudit(entry) }
    }
}
