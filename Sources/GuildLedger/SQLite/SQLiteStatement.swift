import CSQLite

/// A prepared statement of one connection, and the row that it is at.
final class SQLiteStatement: RowSource {
    let sql: String
    /// The topics that it touches if it changes a row.
    let topics: TopicSet
    /// Whether somebody reads its rows.
    var isBusy = false
    let columnCount: Int32
    let handle: OpaquePointer
    private lazy var columns: [String: Int32] = Dictionary(
        (0..<columnCount).map { (name(of: $0), $0) }, uniquingKeysWith: { first, _ in first })

    init(_ sql: String, in database: OpaquePointer) throws(StorageFault) {
        var made: OpaquePointer?
        var text = sql
        var isWhole = true
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(
                    database, characters.baseAddress, Int32(clamping: characters.count),
                    UInt32(SQLITE_PREPARE_PERSISTENT), &made, &tail)
                if let tail, let start = characters.baseAddress {
                    let rest = characters.suffix(from: tail - start)
                    isWhole = rest.allSatisfy { [0x20, 0x09, 0x0A, 0x3B].contains($0) }
                }
                return code
            }
        }
        guard isWhole else {
            sqlite3_finalize(made)
            throw StorageFault(kind: .other, message: "more than one statement", sql: sql)
        }
        guard code == SQLITE_OK, let made else {
            throw StorageFault(code, message: String(cString: sqlite3_errmsg(database)), sql: sql)
        }
        handle = made
        self.sql = sql
        topics = TopicRules.topics(of: sql)
        columnCount = sqlite3_column_count(made)
    }

    deinit { sqlite3_finalize(handle) }

    func bind(_ values: [(any Storable)?]) throws(StorageFault) {
        guard Int(sqlite3_bind_parameter_count(handle)) == values.count else {
            throw StorageFault(kind: .other, message: "\(values.count) values for other places", sql: sql)
        }
        var index: Int32 = 0
        for value in values {
            index += 1
            let code = bind(value?.stored ?? .null, at: index)
            guard code == SQLITE_OK else { throw fault(code) }
        }
    }

    private func bind(_ value: StoredValue, at index: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(handle, index)
        case .integer(let number): return sqlite3_bind_int64(handle, index, number)
        case .text(var text):
            return text.withUTF8 { bytes in
                // An empty text may have no address, which would be NULL.
                guard let start = bytes.baseAddress else { return guild_sqlite_bind_text(handle, index, "", 0) }
                return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    guild_sqlite_bind_text(handle, index, $0, UInt64(bytes.count))
                }
            }
        case .blob(let bytes):
            // A blob without an address would be NULL.
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
            return bytes.withUnsafeBytes { guild_sqlite_bind_blob(handle, index, $0.baseAddress, UInt64($0.count)) }
        }
    }

    /// - Returns: whether there is a row.
    func step() throws(StorageFault) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        guard code == SQLITE_DONE else { throw fault(code) }
        return false
    }

    /// Ready for the next use, without bound values.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        isBusy = false
    }

    private func fault(_ code: Int32) -> StorageFault {
        let message = sqlite3_db_handle(handle).map { String(cString: sqlite3_errmsg($0)) }
        return StorageFault(code, message: message ?? "SQLite error \(code)", sql: sql)
    }

    // MARK: The row

    func kind(_ column: Int32) -> StoredKind {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        case SQLITE_FLOAT: .real
        default: .null
        }
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func bytes<Value>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        let start = sqlite3_column_blob(handle, column)
        let count = start == nil ? 0 : Int(sqlite3_column_bytes(handle, column))
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    func column(named name: String) -> Int32? { columns[name] }

    func name(of column: Int32) -> String {
        sqlite3_column_name(handle, column).map { String(cString: $0) } ?? "\(column + 1)"
    }
}
