import Crypto
import Foundation

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

    static func digest(of bytes: UnsafeRawBufferPointer) -> SHA256.Digest {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return hash.finalize()
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

    /// What the hash of a stored entry is over; each column is taken as the bytes that are stored.
    static func write(_ columns: StoredEntry, seq: Int64, at: Int64, into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        begin(seq: seq, at: at, &bytes)
        let texts = columns.texts
        for text in [texts.0, texts.1, texts.2, texts.3, texts.4, texts.5] {
            if let text { append(text: text, to: &bytes) } else { append(absent, to: &bytes) }
        }
        bytes.append(contentsOf: columns.bodyHash)
        bytes.append(contentsOf: columns.previous)
    }

    /// The columns of a stored entry that its hash is over, and the hash; valid until the next step.
    struct StoredEntry {
        typealias Bytes = UnsafeRawBufferPointer

        /// Actor, kind, subject, commit, cause and root; nil for NULL.
        let texts: (Bytes?, Bytes?, Bytes?, Bytes?, Bytes?, Bytes?)
        let bodyHash: Bytes
        let previous: Bytes
        let hash: Bytes

        /// - Parameter row: the columns of `audit`, in order.
        /// - Returns: nil where one is not of its type or a hash not of its length.
        init?(_ row: LedgerRow) {
            var isWell = true
            func text(_ column: Int32, isOptional: Bool = false) -> Bytes? {
                let (type, bytes) = row.stored(column)
                if type == SQLITE_TEXT { return bytes }
                if !(isOptional && type == SQLITE_NULL) { isWell = false }
                return nil
            }
            func hash(_ column: Int32) -> Bytes {
                let (type, bytes) = row.stored(column)
                if type != SQLITE_BLOB || bytes.count != AuditHash.bytes { isWell = false }
                return bytes
            }
            texts = (
                text(2), text(3), text(4), text(5, isOptional: true), text(6, isOptional: true),
                text(7, isOptional: true)
            )
            (bodyHash, previous, self.hash) = (hash(8), hash(9), hash(10))
            guard isWell else { return nil }
        }
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
