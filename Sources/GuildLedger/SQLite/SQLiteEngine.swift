import Foundation
import GuildDomain
import Synchronization

/// A ledger in one SQLite file in WAL mode with `synchronous=FULL`.
final class SQLiteEngine: LedgerEngine {
    /// The pages of a full batch, all of them changed, and the indexes' inner ones: with fewer the batch spills.
    private static let writerCacheKibibytes = 16 << 10
    /// The log is copied into the database when it has 8 MB: a page that changes often is then copied once for some
    /// batches, and none waits long for the copying.
    private static let checkpointPages = 2048
    /// Readers that are kept open while nobody reads; more are opened when more read at once.
    private static let idleReaderLimit = 4

    let writer: SQLiteWriter
    var lane: any LaneConnection { writer }
    let wakeUps: any WakeUps
    private let path: String
    private let busyMilliseconds: Int32
    /// Those that nobody reads with now; nil once this is closed.
    private let readers = Mutex<[SQLiteConnection]?>([])
    private let lastVersion = Mutex<Int64?>(nil)

    /// Opens the file, and makes or upgrades it while the file lock is held: of several processes that start at once on a
    /// new ledger one makes it.
    ///
    /// - Parameter mayUpgrade: whether tables may be made or upgraded.
    /// - Throws: `StorageFault`, `LedgerFailure.newerVersion`, or `.olderVersion` of one that may not be upgraded.
    init(_ location: LedgerLocation, mayUpgrade: Bool = true, busyMilliseconds: Int32) throws {
        let lock = try FileLock(path: location.lockPath)
        lock.lock()
        defer { lock.unlock() }
        // Payloads are private: SQLite gives the log the permissions of the database.
        let made = Glibc.open(location.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if made >= 0 { Glibc.close(made) }
        path = location.path
        wakeUps = LogWakeUps(path: location.walPath)
        self.busyMilliseconds = busyMilliseconds
        let connection = try Self.connection(location.path, busyMilliseconds)
        if !mayUpgrade { try LedgerSchema.requireVersion(connection, path: location.path) }
        try connection.script("PRAGMA journal_mode = WAL")
        try connection.script(
            """
            PRAGMA synchronous = FULL;
            PRAGMA cache_size = -\(Self.writerCacheKibibytes);
            PRAGMA wal_autocheckpoint = \(Self.checkpointPages);
            """)
        writer = try SQLiteWriter(connection, lock: FileLock(path: location.lockPath))
        try LedgerSchema.prepare(connection, path: location.path)
    }

    private static func connection(_ path: String, _ busyMilliseconds: Int32) throws(StorageFault) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, .readWrite, busyMilliseconds: busyMilliseconds)
        try connection.script("PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY;")
        return connection
    }

    // MARK: Reading

    func read<Value>(_ body: (LedgerTransaction) throws -> Value) throws -> Value {
        let reader = try takeReader()
        defer { putBack(reader) }
        return try reader.transaction("BEGIN", body)
    }

    private func takeReader() throws(StorageFault) -> SQLiteConnection {
        let (isClosed, idle) = readers.withLock { idle in (idle == nil, idle?.popLast()) }
        guard !isClosed else { throw StorageFault.closed }
        if let idle { return idle }
        let reader = try Self.connection(path, busyMilliseconds)
        try reader.script("PRAGMA query_only = ON")
        return reader
    }

    private func putBack(_ reader: SQLiteConnection) {
        readers.withLock { idle in
            if let count = idle?.count, count < Self.idleReaderLimit { idle?.append(reader) }
        }
    }

    // MARK: Between batches

    func hasForeignCommits() throws -> Bool {
        let version = try writer.connection.transaction.value("PRAGMA data_version", as: Int64.self)
        return lastVersion.withLock { last in
            defer { last = version }
            return last != version
        }
    }

    func waitForLocks(milliseconds: Int32) { writer.connection.wait(milliseconds: milliseconds) }

    func close() { readers.withLock { $0 = nil } }
}
