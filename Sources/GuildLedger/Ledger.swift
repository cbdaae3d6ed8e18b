import Foundation
package import GRDB
package import GuildDomain
import Synchronization

/// The only state: one SQLite database in WAL mode with `synchronous=FULL`, and large bodies in files beside it.
///
/// Writes are named methods in the extensions of this type, one transaction each; `write` gathers them into group
/// commits. Reads see one consistent snapshot. A commit raises the signals of the topics it touched; `watch` raises
/// them for the commits of other processes too.
package final class Ledger: Sendable {
    package let location: LedgerLocation
    package let bodies: BodyStore
    let pool: DatabasePool
    let committer: GroupCommitter
    /// Shared while this is open, so that nobody restores another ledger over it.
    private let use: FileLock
    private let signals: [Signal]
    private let watcher = Mutex<WriteWatcher?>(nil)

    /// Opens the ledger, making or migrating it where needed.
    ///
    /// - Parameters:
    ///   - mustExist: for commands that only read: no ledger is made.
    ///   - busyTimeout: how long to wait for a lock that somebody holds without our lock file, as `sqlite3` does.
    ///   - endProcess: what to do when the disk fails at commit.
    package init(
        at location: LedgerLocation, mustExist: Bool = false, busyTimeout: Duration = .seconds(5),
        endProcess: @escaping @Sendable (String) -> Never = Ledger.endProcess
    ) throws(LedgerFailure) {
        let location = location.followingLink()
        self.location = location
        bodies = BodyStore(folder: location.bodiesFolder)
        signals = Topic.allCases.map { _ in Signal() }
        do {
            try Self.prepareFolders(location, mustExist: mustExist)
            use = try FileLock(path: location.usePath)
            guard use.tryLockShared() else {
                throw LedgerFailure.unusable(path: location.path, reason: "a backup is being restored over it")
            }
            pool = try Self.open(location, busyTimeout: busyTimeout)
            committer = try GroupCommitter(pool: pool, location: location, endProcess: endProcess)
        } catch {
            throw (LedgerFailure.translating(error, path: location.path) as? LedgerFailure)
                ?? .unusable(path: location.path, reason: "\(error)")
        }
    }

    package static func endProcess(_ reason: String) -> Never {
        FileHandle.standardError.write(Data("guild: \(ScreenText.line(reason))\n".utf8))
        _exit(ErrorKind.unavailable.exitStatus)
    }

    /// Ends the watching and closes the database.
    package func close() {
        watcher.withLock { watcher in
            watcher?.stop()
            watcher = nil
        }
        // Losing the error is safe: each commit is already on disk.
        try? pool.close()
        use.unlock()
    }

    // MARK: Transactions

    /// One transaction, durable when this returns. `body` touches only the database, because it may run twice.
    package func write<Value: Sendable>(
        touching topics: [Topic] = [], _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let outcome = Outcome<Value>()
        return try await withCheckedThrowingContinuation { continuation in
            committer.submit(
                GroupCommitter.Member(
                    run: { db in
                        let value = try body(db)
                        outcome.value.withLock { $0 = value }
                    },
                    complete: { result in
                        switch (result, outcome.value.withLock { $0 }) {
                        case (.success, let value?):
                            self.raise(topics)
                            self.signal(.audit).raise()
                            continuation.resume(returning: value)
                        case (.failure(let error), _): continuation.resume(throwing: error)
                        case (.success, nil):
                            continuation.resume(
                                throwing: LedgerFailure.unusable(
                                    path: self.location.path, reason: "a write had no outcome"))
                        }
                    }))
        }
    }

    /// Reads one snapshot. A read lasts well under a second: longer ones page.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw LedgerFailure.translating(error, path: location.path)
        }
    }

    // MARK: Signals

    package func signal(_ topic: Topic) -> Signal { signals[topic.rawValue] }

    package func raiseAll() { raise(Topic.allCases) }

    func raise(_ topics: [Topic]) { for topic in topics { signals[topic.rawValue].raise() } }

    /// From now on commits of other processes raise the signals too.
    package func watch() {
        watcher.withLock { watcher in
            guard watcher == nil else { return }
            let lastVersion = Outcome<Int>()
            watcher = WriteWatcher(path: location.walPath) { [weak self] in self?.lookForForeignWrites(lastVersion) }
        }
    }

    /// The log is written before the commit in it can be seen, so the version is asked for between batches with the
    /// file lock held: whoever wrote is then through.
    private func lookForForeignWrites(_ lastVersion: Outcome<Int>) {
        committer.betweenBatches { [weak self] db in
            // Losing the error is safe: the slow recheck finds what this wake-up would have told.
            guard let version = try? Int.fetchOne(db, sql: "PRAGMA data_version") else { return }
            let isOurs = lastVersion.value.withLock { last in
                defer { last = version }
                return last == version
            }
            if !isOurs { self?.raiseAll() }
        }
    }

    private final class Outcome<Value: Sendable>: Sendable { let value = Mutex<Value?>(nil) }

    // MARK: Opening

    private static func prepareFolders(_ location: LedgerLocation, mustExist: Bool) throws(LedgerFailure) {
        var status = stat()
        let exists = stat(location.path, &status) == 0
        if exists, status.st_mode & S_IFMT != S_IFREG { throw .notALedger(path: location.path) }
        if mustExist, !exists { throw .missing(path: location.path) }
        // SQLite would make a file wherever it leads.
        if !exists, DurableFile.exists(location.path) {
            throw .unusable(path: location.path, reason: "it is a symbolic link that leads nowhere")
        }
        let own = [location.sideFolder, location.bodiesFolder, location.workersFolder]
        for folder in [location.folder] + own {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch CocoaError.fileWriteNoPermission, CocoaError.fileWriteVolumeReadOnly {
                throw .readOnly(path: location.path)
            } catch CocoaError.fileWriteOutOfSpace {
                throw .full(path: location.path)
            } catch {
                throw .unusable(
                    path: location.path, reason: "cannot make the folder \(folder): \(SystemError.words(error))")
            }
            // Before anything is made in it.
            if own.contains(folder) { try DurableFile.requireFolder(folder) }
        }
        // SQLite opens these as they are, through a link too.
        for file in [location.walPath, location.path + "-shm", location.path + "-journal"] {
            guard lstat(file, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { continue }
            throw .unusable(path: file, reason: "it is \(PlainFile.name(ofKind: status.st_mode)), not a file")
        }
        guard access(location.folder, W_OK) == 0, !exists || access(location.path, R_OK | W_OK) == 0 else {
            throw .readOnly(path: location.path)
        }
        try location.refuseNetworkFileSystem()
        if !exists {
            try BodyStore.sync(folder: location.folder)
            try BodyStore.sync(folder: (location.bodiesFolder as NSString).deletingLastPathComponent)
        }
    }

    /// Opens and migrates with the file lock held: of several processes that start at once on a new ledger one makes it.
    private static func open(_ location: LedgerLocation, busyTimeout: Duration) throws -> DatabasePool {
        let lock = try FileLock(path: location.lockPath)
        lock.lock()
        defer { lock.unlock() }
        // Payloads are nobody else's business: SQLite gives the log the permissions that the database has.
        let made = Glibc.open(location.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if made >= 0 { Glibc.close(made) }
        let pool = try DatabasePool(path: location.path, configuration: configuration(busyTimeout))
        try pool.writeWithoutTransaction { db in
            // GRDB sets NORMAL on the writer of a pool; in WAL mode only FULL is durable at each commit.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA cache_size = -\(writerCacheKibibytes)")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(checkpointPages)")
        }
        let migrator = LedgerSchema.migrator()
        let state = try pool.read { db in
            (newer: try migrator.hasBeenSuperseded(db), current: try migrator.hasCompletedMigrations(db))
        }
        guard !state.newer else { throw LedgerFailure.newerVersion(path: location.path) }
        if !state.current { try migrator.migrate(pool) }
        return pool
    }

    /// The pages of a full batch, all of them changed, and the indexes' inner ones: with fewer the batch spills.
    private static let writerCacheKibibytes = 16 << 10
    /// The log is copied into the database when it has 8 MB: a page that changes often is then copied once for some
    /// batches, and none waits long for the copying.
    private static let checkpointPages = 2048

    private static func configuration(_ busyTimeout: Duration) -> Configuration {
        var configuration = Configuration()
        configuration.label = "guild.ledger"
        configuration.busyMode = .timeout(Double(busyTimeout.microseconds) / 1_000_000)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }
}

extension Identifier: DatabaseValueConvertible {
    package var databaseValue: DatabaseValue { Data(bytes).databaseValue }

    package static func fromDatabaseValue(_ value: DatabaseValue) -> Self? {
        Data.fromDatabaseValue(value).flatMap { Self(bytes: Array($0)) }
    }
}

extension Timestamp: DatabaseValueConvertible {
    package var databaseValue: DatabaseValue { microseconds.databaseValue }

    package static func fromDatabaseValue(_ value: DatabaseValue) -> Self? {
        Int64.fromDatabaseValue(value).map { Self(microseconds: $0) }
    }
}
