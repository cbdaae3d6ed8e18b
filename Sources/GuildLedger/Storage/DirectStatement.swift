import Foundation
import GRDB
import GRDBSQLite
import GuildDomain

/// A value as SQLite stores it.
enum StoredValue {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    static func id<Thing>(_ id: Identifier<Thing>) -> StoredValue { .blob(id.bytes) }
    static func id<Thing>(_ id: Identifier<Thing>?) -> StoredValue { id.map { .blob($0.bytes) } ?? .null }
    static func time(_ time: Timestamp) -> StoredValue { .integer(time.microseconds) }
    static func text(_ text: String?) -> StoredValue { text.map { .text($0) } ?? .null }
    static func blob(_ bytes: [UInt8]?) -> StoredValue { bytes.map { .blob($0) } ?? .null }
}

/// The row that a statement stands on; a column that is not of the asked type reads as nil.
struct DirectRow {
    fileprivate let statement: SQLiteStatement

    func integer(_ column: Int32) -> Int64? {
        let value = sqlite3_column_value(statement, column)
        return sqlite3_value_type(value) == SQLITE_INTEGER ? sqlite3_value_int64(value) : nil
    }

    func text(_ column: Int32) -> String? {
        guard sqlite3_column_type(statement, column) == SQLITE_TEXT else { return nil }
        let count = Int(sqlite3_column_bytes(statement, column))
        guard let start = sqlite3_column_text(statement, column) else { return "" }
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func blob(_ column: Int32) -> [UInt8]? {
        guard sqlite3_column_type(statement, column) == SQLITE_BLOB else { return nil }
        let count = Int(sqlite3_column_bytes(statement, column))
        guard let start = sqlite3_column_blob(statement, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// SQLite's type of the column: `SQLITE_TEXT` and so on.
    func type(_ column: Int32) -> Int32 { sqlite3_column_type(statement, column) }

    /// The bytes of a text or a blob as they are stored, neither copied nor repaired; valid until the next step. A zero
    /// byte or bytes that are not UTF-8 are what they are.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(statement, column)
        return UnsafeRawBufferPointer(
            start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(statement, column)))
    }

    /// The same with SQLite's type, in one look: for the walk over millions of rows that trusts no type.
    func stored(_ column: Int32) -> (type: Int32, bytes: UnsafeRawBufferPointer) {
        // The value is not protected from other threads; no other has the connection while a row is read.
        let value = sqlite3_column_value(statement, column)
        let type = sqlite3_value_type(value)
        let start = type == SQLITE_NULL ? nil : sqlite3_value_blob(value)
        let bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(value)))
        return (type, bytes)
    }
}

/// The rows of one statement, stepped without GRDB's boxes. No other cursor of the same SQL may be open meanwhile.
struct DirectCursor: ~Copyable {
    private let cached: Statement
    private let statement: SQLiteStatement
    private let database: Database

    init(_ database: Database, _ sql: String, _ values: [StoredValue] = []) throws {
        let cached = try database.cachedStatement(sql: sql)
        try database.bind(values, to: cached.sqliteStatement, sql)
        self.cached = cached
        self.database = database
        statement = cached.sqliteStatement
    }

    deinit { sqlite3_reset(statement) }

    mutating func next() throws -> DirectRow? {
        let code = sqlite3_step(statement)
        if code == SQLITE_ROW { return DirectRow(statement: statement) }
        try database.check(code == SQLITE_DONE ? SQLITE_OK : code, cached.sql)
        return nil
    }
}

/// Small statements that every event runs several of, bound and stepped without the boxes, copies and hooks of
/// GRDB's own, which cost more than SQLite itself does there (docs/benchmarks.md).
extension Database {
    /// Runs a statement that gives no rows.
    func run(_ sql: String, _ values: [StoredValue]) throws {
        _ = try first(sql, values) { _ in }
    }

    /// - Returns: what `read` makes of the first row; nil where there is none.
    func first<Value>(_ sql: String, _ values: [StoredValue] = [], read: (DirectRow) -> Value) throws -> Value? {
        let statement = try bound(sql, values)
        defer { sqlite3_reset(statement) }
        let code = sqlite3_step(statement)
        if code == SQLITE_ROW { return read(DirectRow(statement: statement)) }
        try check(code == SQLITE_DONE ? SQLITE_OK : code, sql)
        return nil
    }

    /// Reads every row, one after the other; `read` runs no other statement of the same text.
    func each(_ sql: String, _ values: [StoredValue] = [], read: (DirectRow) throws -> Void) throws {
        let statement = try bound(sql, values)
        defer { sqlite3_reset(statement) }
        while true {
            let code = sqlite3_step(statement)
            guard code == SQLITE_ROW else { return try check(code == SQLITE_DONE ? SQLITE_OK : code, sql) }
            try read(DirectRow(statement: statement))
        }
    }

    private func bound(_ sql: String, _ values: [StoredValue]) throws -> SQLiteStatement {
        let statement = try cachedStatement(sql: sql).sqliteStatement
        // Where the same text ran by GRDB's own way it still stands at its end, and takes no values there.
        sqlite3_reset(statement)
        try bind(values, to: statement, sql)
        return statement
    }

    fileprivate func bind(_ values: [StoredValue], to statement: SQLiteStatement, _ sql: String) throws {
        guard Int(sqlite3_bind_parameter_count(statement)) == values.count else {
            throw DatabaseError(
                resultCode: .SQLITE_MISUSE, message: "\(values.count) values for other places", sql: sql)
        }
        for (index, value) in values.enumerated() {
            try check(Self.bind(value, at: Int32(index + 1), of: statement), sql)
        }
    }

    fileprivate func check(_ code: Int32, _ sql: String) throws {
        guard code != SQLITE_OK else { return }
        let message = sqliteConnection.map { String(cString: sqlite3_errmsg($0)) }
        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: sql)
    }

    private static func bind(_ value: StoredValue, at index: Int32, of statement: SQLiteStatement) -> Int32 {
        // SQLITE_TRANSIENT, a cast that Swift does not import: SQLite copies the bytes before it returns.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null: return sqlite3_bind_null(statement, index)
        case .integer(let number): return sqlite3_bind_int64(statement, index, number)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text64(
                        statement, index, $0.baseAddress, UInt64($0.count), copied, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            // A blob without an address would be NULL.
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(statement, index, 0) }
            return bytes.withUnsafeBytes {
                sqlite3_bind_blob64(statement, index, $0.baseAddress, UInt64($0.count), copied)
            }
        }
    }
}
