import Crypto
import Foundation

/// How the chain is made: hash = SHA-256(version ‖ columns, each with its length ‖ body hash ‖ previous hash), and
/// body hash = SHA-256(salt ‖ the body's bytes exactly as stored). docs/audit-format.md gives it for other languages.
enum AuditHash {
    static let version: UInt8 = 1
    static let absent: UInt32 = .max
    /// The salt precedes the body without a length, so its own length is fixed.
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

    /// The hash of an entry (docs/audit-format.md).
    ///
    /// - Parameter texts: actor, kind, subject, commit, cause and root, in this order.
    static func entry(
        seq: Int64, at: Int64, texts: [String?], bodyHash: [UInt8], previous: [UInt8]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        begin(seq: seq, at: at, &bytes)
        for column in texts {
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

    /// The input of a stored entry's hash; each column counts as its stored bytes.
    ///
    /// - Parameter row: with the columns of `AuditColumn`.
    /// - Returns: false if one of them is not of its type, or a hash not of its length.
    static func write(_ row: LedgerRow, into bytes: inout [UInt8]) -> Bool {
        let source = row.source
        guard source.kind(AuditColumn.at) == .integer, isHash(source, AuditColumn.hash) else { return false }
        bytes.removeAll(keepingCapacity: true)
        begin(seq: source.integer(AuditColumn.seq), at: source.integer(AuditColumn.at), &bytes)
        for column in AuditColumn.actor...AuditColumn.root {
            switch source.kind(column) {
            case .text: source.bytes(column) { append(text: $0, to: &bytes) }
            case .null where column >= AuditColumn.commit: append(absent, to: &bytes)
            case .null, .integer, .real, .blob: return false
            }
        }
        for column in [AuditColumn.bodyHash, AuditColumn.previous] {
            guard isHash(source, column) else { return false }
            source.bytes(column) { bytes.append(contentsOf: $0) }
        }
        return true
    }

    private static func isHash(_ source: any RowSource, _ column: Int32) -> Bool {
        source.kind(column) == .blob && source.bytes(column) { $0.count } == bytes
    }

    /// The hash of a stored body.
    ///
    /// - Parameter row: with the columns of `AuditColumn`.
    /// - Returns: nil if there is none, or if salt or body are damaged.
    static func bodyDigest(_ row: LedgerRow) -> SHA256.Digest? {
        let source = row.source
        guard source.kind(AuditColumn.salt) == .blob, source.kind(AuditColumn.body) == .blob else { return nil }
        return source.bytes(AuditColumn.salt) { salt in
            guard salt.count == saltBytes else { return nil }
            return source.bytes(AuditColumn.body) { digest(salt: salt, body: $0) }
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
