import Foundation
import GuildDomain

/// A piece of the audit log as JSON Lines.
package struct AuditExport: Sendable {
    package let lines: [UInt8]
    /// The last entry in them; nil where there are no more.
    package let last: Int64?
}

extension Ledger {
    /// Entries in one piece, and bytes after which a piece ends.
    private static let exportEntries: Int64 = 1000
    private static let exportBytes = 4 << 20

    /// The next entries behind `seq` as they are stored: every column, salt and body and all hashes, one object a line
    /// (docs/audit-format.md). An erased body is null, and so is its salt.
    ///
    /// - Parameter last: the last entry that is wanted.
    package func exportAudit(after seq: Int64, through last: Int64) async throws -> AuditExport {
        try await read { db in
            var rows = try DirectCursor(
                db,
                """
                SELECT a.seq, a.at, a.actor, a.kind, a.subject, a.commit_id, a.cause, a.root, a.body_hash, a.prev,
                    a.hash, b.salt, b.body FROM audit a LEFT JOIN audit_bodies b ON b.seq = a.seq
                WHERE a.seq > ? AND a.seq <= ? ORDER BY a.seq LIMIT ?
                """, [seq, last, Self.exportEntries])
            var (lines, reached): ([UInt8], Int64?) = ([], nil)
            while lines.count < Self.exportBytes, let row = try rows.next() {
                lines += row.exported.bytes()
                lines.append(UInt8(ascii: "\n"))
                reached = try (row[0] as Int64?)
            }
            return AuditExport(lines: lines, last: reached)
        }
    }

    /// The number of the newest entry; 0 where there is none.
    package func auditHead() async throws -> Int64 { try await read { db in try db.auditHead() } }
}

extension LedgerRow {
    /// A column that is not of its type, or is no UTF-8, is null: the line's hash then does not fit it, as it should not.
    fileprivate var exported: JSONValue {
        var line: JSONObject = [
            "seq": integer(0).map { .integer($0) } ?? .null, "at": integer(1).map { .integer($0) } ?? .null,
            "actor": text(2), "kind": text(3), "subject": text(4), "commit": text(5), "cause": text(6), "root": text(7),
            "body_hash": hex(8), "prev": hex(9), "hash": hex(10), "salt": hex(11),
        ]
        if type(12) == SQLITE_BLOB, String(validating: bytes(12), as: UTF8.self) == nil {
            line["body_base64"] = .string(Data(bytes(12)).base64EncodedString())
        } else {
            line["body"] = type(12) == SQLITE_BLOB ? .string(String(decoding: bytes(12), as: UTF8.self)) : .null
        }
        return .object(line)
    }

    private func text(_ column: Int32) -> JSONValue {
        guard type(column) == SQLITE_TEXT else { return .null }
        return String(validating: bytes(column), as: UTF8.self).map { .string($0) } ?? .null
    }

    private func hex(_ column: Int32) -> JSONValue {
        type(column) == SQLITE_BLOB ? .string(ContentDigest.hex(bytes: bytes(column))) : .null
    }
}
