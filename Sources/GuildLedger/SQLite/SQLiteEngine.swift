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

    let writer: SQLiteWriter
    var lane: any LaneConnection { writer }
    let wakeUps: any WakeUps
    private let readers: SQLiteReaders
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
        wakeUps = LogWakeUps(path: location.walPath)
        readers = SQLiteReaders(path: location.path, .readWrite, busyMilliseconds: busyMilliseconds)
        let connection = try readers.connection()
        if !mayUpgrade { try LedgerSchema.requireVersion(connection.transaction, path: location.path) }
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

    func read<Value>(_ body: (LedgerTransaction) throws -> Value) throws -> Value { try readers.read(body) }

    // MARK: Between batches

    func hasForeignCommits() throws -> Bool {
        let version = try writer.connection.transaction.value("PRAGMA data_version", as: Int64.self)
        return lastVersion.withLock { last in
            defer { last = version }
            return last != version
        }
    }

    func waitForLocks(milliseconds: Int32) { writer.connection.wait(milliseconds: milliseconds) }

    func close() { readers.close() }
}
