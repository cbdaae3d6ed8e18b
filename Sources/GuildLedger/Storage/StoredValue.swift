package import GuildDomain

/// A value as a column stores it.
package enum StoredValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

/// A value that can be a parameter of a statement.
package protocol Storable: Sendable {
    var stored: StoredValue { get }
}

/// A type that a column can be read as. An optional reads NULL as nil; no other type accepts a NULL.
package protocol StoredDecodable {
    /// - Returns: nil if the value is not of this kind; the row then throws `RowFault`.
    init?(stored source: any RowSource, column: Int32)
}

extension StoredValue: Storable {
    /// The value as the column stores it.
    package var stored: StoredValue { self }
}

extension Int64: Storable, StoredDecodable {
    package var stored: StoredValue { .integer(self) }

    package init?(stored source: any RowSource, column: Int32) {
        guard source.kind(column) == .integer else { return nil }
        self = source.integer(column)
    }
}

extension Int: Storable, StoredDecodable {
    package var stored: StoredValue { .integer(Int64(self)) }

    package init?(stored source: any RowSource, column: Int32) {
        guard source.kind(column) == .integer else { return nil }
        self.init(exactly: source.integer(column))
    }
}

extension Int32: Storable, StoredDecodable {
    package var stored: StoredValue { .integer(Int64(self)) }

    package init?(stored source: any RowSource, column: Int32) {
        guard source.kind(column) == .integer else { return nil }
        self.init(exactly: source.integer(column))
    }
}

/// Stored as 0 or 1.
extension Bool: Storable, StoredDecodable {
    package var stored: StoredValue { .integer(self ? 1 : 0) }

    package init?(stored source: any RowSource, column: Int32) {
        guard source.kind(column) == .integer else { return nil }
        switch source.integer(column) {
        case 0: self = false
        case 1: self = true
        default: return nil
        }
    }
}

extension String: Storable, StoredDecodable {
    package var stored: StoredValue { .text(self) }

    package init?(stored source: any RowSource, column: Int32) {
        guard source.kind(column) == .text else { return nil }
        // Bytes that are no text are a fault of the row: what they were is not for us to guess.
        guard let text = source.bytes(column, { String(validating: $0, as: UTF8.self) }) else { return nil }
        self = text
    }
}

/// Stored as a blob.
extension Array: Storable, StoredDecodable where Element == UInt8 {
    package var stored: StoredValue { .blob(self) }

    package init?(stored source: any RowSource, column: Int32) {
        guard source.kind(column) == .blob else { return nil }
        self = source.bytes(column) { Array($0) }
    }
}

/// Stored as its 16 bytes.
extension Identifier: Storable, StoredDecodable {
    package var stored: StoredValue { .blob(bytes) }

    package init?(stored source: any RowSource, column: Int32) {
        guard source.kind(column) == .blob else { return nil }
        let words = source.bytes(column) { bytes -> (high: UInt64, low: UInt64)? in
            guard bytes.count == 16 else { return nil }
            return (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        guard let words else { return nil }
        self.init(high: words.high, low: words.low)
    }
}

/// Stored as microseconds UTC.
extension Timestamp: Storable, StoredDecodable {
    package var stored: StoredValue { .integer(microseconds) }

    package init?(stored source: any RowSource, column: Int32) {
        guard source.kind(column) == .integer else { return nil }
        self.init(microseconds: source.integer(column))
    }
}

extension Optional: StoredDecodable where Wrapped: StoredDecodable {
    package init?(stored source: any RowSource, column: Int32) {
        if source.kind(column) == .null {
            self = .none
            return
        }
        guard let value = Wrapped(stored: source, column: column) else { return nil }
        self = value
    }
}

/// Enumerations are stored as their raw values; a value that is none of the cases is a fault of the row.
extension RawRepresentable where Self: Storable, RawValue: Storable {
    package var stored: StoredValue { rawValue.stored }
}

extension RawRepresentable where Self: StoredDecodable, RawValue: StoredDecodable {
    package init?(stored source: any RowSource, column: Int32) {
        guard let raw = RawValue(stored: source, column: column) else { return nil }
        self.init(rawValue: raw)
    }
}
