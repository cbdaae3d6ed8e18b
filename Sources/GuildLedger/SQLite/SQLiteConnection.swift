import CSQLite
import Foundation

/// One connection to an SQLite file, used by one thread at a time.
///
/// Safe to hand on (`@unchecked Sendable`): it is opened without SQLite's own mutexes, and its user took it from its
/// owner first: the lane's queue, the readers' pool or the function that opened it.
final class SQLiteConnection: StatementConnection, @unchecked Sendable {
    /// Prepared statements that are kept; past it all of them are dropped and prepared again when needed.
    private static let statementLimit = 1024

    let path: String
    /// Nil once it is closed.
    private var handle: OpaquePointer?
    private var statements: [StatementText: SQLiteStatement] = [:]
    /// For statements one by one, or for the transaction that is open. Made when asked for: kept, it would keep this open.
    var transaction: LedgerTransaction { LedgerTransaction(self) }

    enum Access {
        case readOnly, readWrite
        /// Reads the file as one that nobody changes: without locks, and without a log beside it.
        case immutable
        /// Makes the file if it is not there.
        case create
    }

    /// - Parameters:
    ///   - path: of the file; `:memory:` is a database of its own.
    ///   - busyMilliseconds: how long a statement waits for somebody else's lock.
    init(path: String, _ access: Access = .create, busyMilliseconds: Int32 = 0) throws(StorageFault) {
        let flags =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        var opened: OpaquePointer?
        let name = access == .immutable ? Self.immutableURI(path) : path
        let code = sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw StorageFault(code, message: message)
        }
        handle = opened
        self.path = path
        sqlite3_busy_timeout(handle, busyMilliseconds)
        try script("PRAGMA foreign_keys = ON")
    }

    /// https://www.sqlite.org/uri.html#uriimmutable; of the path every byte but the plainest is escaped.
    private static func immutableURI(_ path: String) -> String {
        let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-._")
        return "file:\(path.addingPercentEncoding(withAllowedCharacters: plain) ?? path)?immutable=1"
    }

    deinit { close() }

    /// From now on every use throws.
    func close() {
        statements.removeAll()
        // With every statement finalised it closes at once.
        sqlite3_close_v2(handle)
        handle = nil
    }

    private func open() throws(StorageFault) -> OpaquePointer {
        guard let handle else { throw .closed }
        return handle
    }

    /// Runs statements without parameters, one after the other: a schema, a pragma.
    func script(_ sql: String) throws(StorageFault) {
        let code = sqlite3_exec(try open(), sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw fault(code, sql) }
    }

    var isInsideTransaction: Bool { handle.map { sqlite3_get_autocommit($0) == 0 } ?? false }

    /// Waits for locks no longer than this.
    func wait(milliseconds: Int32) { handle.map { _ = sqlite3_busy_timeout($0, milliseconds) } }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    func transaction<Value>(
        _ begin: String = "BEGIN IMMEDIATE", _ body: (LedgerTransaction) throws -> Value
    ) throws -> Value {
        try transaction.run(begin)
        do {
            let value = try body(transaction)
            try transaction.run("COMMIT")
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    /// Ends the transaction without its changes, if one is open.
    func rollBack() {
        guard isInsideTransaction else { return }
        // Losing the error is safe: a rollback that fails has rolled back already.
        try? script("ROLLBACK")
    }

    /// Copies the whole current database over that of `target`.
    ///
    /// - Parameter pagesPerStep: after each step, others may take the locks.
    func backUp(to target: SQLiteConnection, pagesPerStep: Int32) throws(StorageFault) {
        let from = try open()
        let to = try target.open()
        guard let backup = sqlite3_backup_init(to, "main", from, "main") else {
            throw target.fault(sqlite3_extended_errcode(to), "")
        }
        var code = SQLITE_OK
        while code == SQLITE_OK { code = sqlite3_backup_step(backup, pagesPerStep) }
        let end = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, end == SQLITE_OK else { throw target.fault(code == SQLITE_DONE ? end : code, "") }
    }

    // MARK: Statements

    var changeCount: Int { handle.map { Int(sqlite3_changes64($0)) } ?? 0 }

    func savepoint() throws { try transaction.run("SAVEPOINT step") }
    func releaseSavepoint() throws { try transaction.run("RELEASE step") }
    func rollBackToSavepoint() throws {
        try transaction.run("ROLLBACK TO step")
        try releaseSavepoint()
    }

    func step(_ sql: String, _ values: [(any Storable)?], _ read: (LedgerRow) throws -> Bool) throws -> TopicSet {
        let statement = try prepared(sql)
        statement.isBusy = true
        defer { statement.reset() }
        try statement.bind(values)
        let row = LedgerRow(source: statement)
        var hasRow = false
        while try statement.step() {
            hasRow = true
            guard try read(row) else { break }
        }
        guard !statement.topics.isEmpty else { return [] }
        // A row comes from RETURNING; SQLite counts changes only at the end, which its reader may not wait for.
        return hasRow || changeCount > 0 ? statement.topics : []
    }

    private func prepared(_ sql: String) throws(StorageFault) -> SQLiteStatement {
        let text = StatementText(sql)
        let known = statements[text]
        // A statement in use is requested again by code that handles its rows: that code gets its own.
        if let known, !known.isBusy { return known }
        let statement = try SQLiteStatement(sql, in: try open())
        guard known == nil else { return statement }
        if statements.count >= Self.statementLimit { statements = statements.filter(\.value.isBusy) }
        statements[text] = statement
        return statement
    }

    private func fault(_ code: Int32, _ sql: String) -> StorageFault {
        handle.map { StorageFault(code, message: String(cString: sqlite3_errmsg($0)), sql: sql) } ?? .closed
    }
}

/// The text of a statement as a key: hashed by its length and a few samples, for each use of a statement asks for it.
private struct StatementText: Hashable {
    private static let samples = 4

    let sql: String

    init(_ sql: String) { self.sql = sql }

    func hash(into hasher: inout Hasher) {
        let count = sql.utf8.count
        hasher.combine(count)
        // A native string is contiguous; of any other its length alone decides, and `==` finds the right one.
        _ = sql.utf8.withContiguousStorageIfAvailable { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            guard count >= MemoryLayout<UInt64>.size else { return hasher.combine(bytes: bytes) }
            let last = count - MemoryLayout<UInt64>.size
            for sample in 0...Self.samples {
                hasher.combine(bytes.loadUnaligned(fromByteOffset: last * sample / Self.samples, as: UInt64.self))
            }
        }
    }
}

extension StorageFault {
    /// - Parameter code: SQLite's, extended or not.
    init(_ code: Int32, message: String, sql: String = "") {
        let kind: Kind =
            switch code & 0xFF {
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .readOnly
            case SQLITE_FULL: .full
            case SQLITE_NOTADB, SQLITE_CORRUPT: .notADatabase
            case SQLITE_CONSTRAINT: .constraint
            case SQLITE_IOERR: .inputOutput
            default: .other
            }
        self.init(kind: kind, message: message, sql: sql)
    }
}
