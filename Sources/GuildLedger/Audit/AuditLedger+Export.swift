import Foundation
import GuildDomain

extension AuditLedger {
    /// Entries in one piece, and bytes after which a piece ends.
    private static let exportEntries: Int64 = 1000
    private static let exportBytes = 4 << 20

    /// The next entries after `seq` as they are stored: every column, salt and body and all hashes, one object a line
    /// (docs/audit-format.md). An erased body is null, and so is its salt.
    ///
    /// - Parameter last: the last entry that is wanted.
    package func export(after seq: Int64, through last: Int64) async throws -> AuditExport {
        try await ledger.scan { db in
            var lines: [UInt8] = []
            var reached: Int64?
            try db.rows(
                """
                SELECT \(AuditColumn.list) FROM \(AuditColumn.tables)
                WHERE a.seq > ? AND a.seq <= ? ORDER BY a.seq LIMIT ?
                """, [seq, last, Self.exportEntries]
            ) { row in
                lines += row.exported.bytes()
                lines.append(UInt8(ascii: "\n"))
                reached = row.source.integer(AuditColumn.seq)
                return lines.count < Self.exportBytes
            }
            return AuditExport(lines: lines, last: reached)
        }
    }

    /// The number of the newest entry; 0 if there is none.
    package func head() async throws -> Int64 { try await ledger.read { db in try db.audit.head() } }
}

extension LedgerRow {
    /// A column that is not of its type, or is no UTF-8, is null: the line's hash then does not fit it, as it should not.
    fileprivate var exported: JSONValue {
        var line: JSONObject = [
            "seq": integer(AuditColumn.seq), "at": integer(AuditColumn.at), "actor": text(AuditColumn.actor),
            "kind": text(AuditColumn.kind), "subject": text(AuditColumn.subject), "commit": text(AuditColumn.commit),
            "cause": text(AuditColumn.cause), "root": text(AuditColumn.root), "body_hash": hex(AuditColumn.bodyHash),
            "prev": hex(AuditColumn.previous), "hash": hex(AuditColumn.hash), "salt": hex(AuditColumn.salt),
        ]
        if let body = [UInt8](stored: source, column: AuditColumn.body) {
            if let text = String(validating: body, as: UTF8.self) {
                line["body"] = .string(text)
            } else {
                line["body_base64"] = .string(Data(body).base64EncodedString())
            }
        } else {
            line["body"] = .null
        }
        return .object(line)
    }

    private func integer(_ column: Int32) -> JSONValue {
        source.kind(column) == .integer ? .integer(source.integer(column)) : .null
    }

    private func text(_ column: Int32) -> JSONValue {
        guard source.kind(column) == .text else { return .null }
        return source.bytes(column) { String(validating: $0, as: UTF8.self).map { .string($0) } ?? .null }
    }

    private func hex(_ column: Int32) -> JSONValue {
        guard source.kind(column) == .blob else { return .null }
        return source.bytes(column) { .string(ContentDigest.hex(bytes: $0)) }
    }
}
