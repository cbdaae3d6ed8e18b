import Crypto
import Foundation
import GRDBSQLite

/// How the chain is made: hash = SHA-256(version ‖ columns, each with its length ‖ body hash ‖ previous hash), and
/// body hash = SHA-256(salt ‖ the body's bytes exactly as stored). docs/audit-format.md gives it for other languages.
enum AuditHash {
    static let version: UInt8 = 1
    static let absent: UInt32 = .max
    /// The salt stands before the body without a length, so its own is fixed.
    static let saltBytes = 16
    static let bytes = SHA256.byteCount

    static func body(salt: [UInt8], body: [UInt8]) -> [UInt8] {
        salt.withUnsafeBytes { salt in body.withUnsafeBytes { Array(digest(salt: salt, body: $0)) } }
    }

    static func digest(salt: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer) -> SHA256.Digest {
        var hash = SHA256()
        hash.update(bufferPointer: salt)
        hash.update(bufferPointer: body)
        return hash.finalize()
    }

    static func entry(
        seq: Int64, at: Int64, actor: String, kind: String, subject: String, commit: String?, cause: String?,
        root: String?, bodyHash: [UInt8], previous: [UInt8]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        begin(seq: seq, at: at, &bytes)
        for column in [actor, kind, subject, commit, cause, root] {
            guard var text = column else {
                append(absent, to: &bytes)
                continue
            }
            text.withUTF8 { append(text: UnsafeRawBufferPointer($0), to: &bytes) }
        }
        bytes.append(contentsOf: bodyHash)
        bytes.append(contentsOf: previous)
        return Array(SHA256.hash(data: bytes))
    }

    /// What the hash of a stored entry is over. The row's columns are those of `audit`, in order; each is taken as the
    /// bytes that are stored.
    static func write(_ row: DirectRow, seq: Int64, at: Int64, into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        begin(seq: seq, at: at, &bytes)
        for column: Int32 in 2...7 {
            if row.type(column) == SQLITE_NULL {
                append(absent, to: &bytes)
            } else {
                append(text: row.bytes(column), to: &bytes)
            }
        }
        bytes.append(contentsOf: row.bytes(8))
        bytes.append(contentsOf: row.bytes(9))
    }

    private static func begin(seq: Int64, at: Int64, _ bytes: inout [UInt8]) {
        bytes.reserveCapacity(320)
        bytes.append(version)
        append(UInt64(bitPattern: seq), to: &bytes)
        append(UInt64(bitPattern: at), to: &bytes)
    }

    private static func append(text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        append(UInt32(truncatingIfNeeded: text.count), to: &bytes)
        bytes.append(contentsOf: text)
    }

    private static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
