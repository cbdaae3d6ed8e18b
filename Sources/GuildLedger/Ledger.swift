import Foundation
import GuildDomain
import Synchronization

/// The only state: one SQLite database in WAL mode with `synchronous=FULL`, and large bodies in files beside it.
///
/// Writes are named methods of its parts (`Ledger+Parts.swift`), one transaction each; `write` gathers them into group
/// commits. Reads see one consistent snapshot. A commit raises the signals of the topics it touched; `watch` raises
/// them for the commits of other processes too.
package final class Ledger: Sendable {
    /// The paths of its files.
    package let location: LedgerLocation
    /// The files of large bodies.
    package let bodies: BodyStore
    /// The damaged rows that lists have left out.
    package let damage = DamageReport()
    let engine: any LedgerEngine
    let lane: Lane
    /// Shared while this is open, so that nobody restores another ledger over it.
    private let use: FileLock
    private let signals: [Signal]
    private let wakeUps: any WakeUps

    /// Opens the ledger, making or upgrading it where needed.
    ///
    /// - Parameters:
    ///   - mustExist: no ledger is made.
    ///   - mayUpgrade: false for commands that only read: the tables of an older guild are left as they are.
    ///   - busyTimeout: how long to wait for a lock that somebody holds without our lock file, as `sqlite3` does.
    ///   - wakeUps: how this learns of others' commits; nil: as the engine knows.
    ///   - endProcess: what to do when the disk fails at commit.
    /// - Throws: `LedgerFailure.olderVersion` if it would have to be upgraded and may not be.
    package init(
        at location: LedgerLocation, mustExist: Bool = false, mayUpgrade: Bool = true,
        busyTimeout: Duration = .seconds(5),
        wakeUps: (any WakeUps)? = nil, endProcess: @escaping @Sendable (String) -> Never = Ledger.endProcess
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
            engine = try SQLiteEngine(
                location, mayUpgrade: mayUpgrade,
                busyMilliseconds: Int32(clamping: busyTimeout.microseconds / 1000))
            self.wakeUps = wakeUps ?? engine.wakeUps
            try ExistingFile.mark(location)
            lane = Lane(of: engine, path: location.path, endProcess: endProcess)
        } catch {
            throw LedgerFailure.opening(error, path: location.path)
        }
    }

    /// Opens a ledger that this process may only read; nothing is made or changed, and every write is refused.
    ///
    /// - Throws: `LedgerFailure`; `.readOnly` if it cannot even be read.
    package init(readingOnly location: LedgerLocation, busyTimeout: Duration = .seconds(5)) throws(LedgerFailure) {
        let location = location.followingLink()
        self.location = location
        bodies = BodyStore(folder: location.bodiesFolder)
        signals = Topic.allCases.map { _ in Signal() }
        do {
            guard location.exists else { throw LedgerFailure.missing(path: location.path) }
            try location.refuseNetworkFileSystem()
            // Without a file for it, a lock of the database itself stands in: nobody asks for that one.
            use = try FileLock(existing: access(location.usePath, F_OK) == 0 ? location.usePath : location.path)
            guard use.tryLockShared() else {
                throw LedgerFailure.unusable(path: location.path, reason: "a backup is being restored over it")
            }
            let engine = try ReadOnlyEngine(
                location, busyMilliseconds: Int32(clamping: busyTimeout.microseconds / 1000))
            self.engine = engine
            wakeUps = engine.wakeUps
            lane = Lane(of: engine, path: location.path, endProcess: Self.endProcess)
        } catch {
            throw LedgerFailure.opening(error, path: location.path)
        }
    }

    /// For people: what a ledger that is open for reading only does not show; nil for any other.
    package var readingLimits: String? {
        guard let engine = engine as? ReadOnlyEngine else { return nil }
        return engine.seesOthers
            ? "ledger \(location.path) is read-only here: it is only read"
            : "ledger \(location.path) is read-only here: it is read as it is now, and what others write meanwhile may not "
                + "be seen"
    }

    /// Ends the process at once with the exit status for "unavailable".
    package static func endProcess(_ reason: String) -> Never {
        FileHandle.standardError.write(Data("guild: \(ScreenText.line(reason))\n".utf8))
        _exit(ErrorKind.unavailable.exitStatus)
    }

    /// Ends the watching and closes the database.
    package func close() {
        wakeUps.end()
        engine.close()
        lane.close()
        use.unlock()
    }

    // MARK: Transactions

    /// One transaction, durable when this returns. `body` touches only the database, because it may run twice.
    ///
    /// The topics of what it wrote are raised before this returns.
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (LedgerTransaction) throws -> Value
    ) async throws -> Value {
        let outcome = Outcome<Value>()
        try await submit { db in
            let value = try body(db)
            outcome.value.withLock { $0 = Outcome.Content(value: value, touched: db.touched, leftOut: db.leftOut) }
        } then: {
            guard let content = outcome.value.withLock({ $0 }) else { return }
            self.raise(content.touched)
            self.damage.add(content.leftOut)
        }
        guard let value = outcome.value.withLock({ $0?.value }) else {
            throw LedgerFailure.unusable(path: location.path, reason: "a write had no outcome")
        }
        return value
    }

    /// One transaction of the next batch.
    ///
    /// - Parameter then: called once it is durable, before this returns.
    func submit(
        _ body: @escaping @Sendable (LedgerTransaction) throws -> Void, then: @escaping @Sendable () -> Void = {}
    ) async throws {
        let wait = LockWait(patience: Self.lockPatience)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                lane.submit(
                    Lane.Member(
                        run: body,
                        complete: { result in
                            if case .success = result { then() }
                            continuation.resume(with: result)
                        }, wait: wait))
            }
        } onCancel: {
            wait.cancel()
        }
    }

    /// Reads one snapshot on the caller's thread: a few rows by their keys, a page of a queue.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (LedgerTransaction) throws -> Value
    ) async throws -> Value {
        try look(body)
    }

    /// Reads one snapshot for longer, up to a second, on a thread that may block: a page of a report, a sum over a table.
    package func scan<Value: Sendable>(
        _ body: @escaping @Sendable (LedgerTransaction) throws -> Value
    ) async throws -> Value {
        try await Blocking.run { try self.look(body) }
    }

    private func look<Value>(_ body: (LedgerTransaction) throws -> Value) throws -> Value {
        do {
            return try engine.read { db in
                defer { damage.add(db.leftOut) }
                return try body(db)
            }
        } catch {
            throw LedgerFailure.translating(error, path: location.path)
        }
    }

    // MARK: Signals

    /// Raised by every commit that touched the topic.
    package func signal(_ topic: Topic) -> Signal { signals[topic.rawValue] }

    /// Raises the signals of all topics.
    package func raiseAll() { raise(.all) }

    private func raise(_ topics: TopicSet) { for topic in topics.topics { signal(topic).raise() } }

    /// From now on commits of other processes raise the signals too.
    package func watch() {
        wakeUps.begin { [weak self] in self?.lookForForeignWrites() }
    }

    /// The log is written before its commit becomes visible, so the engine is asked between batches, when nobody else
    /// writes: the other writer has then finished.
    private func lookForForeignWrites() {
        lane.betweenBatches { [weak self] in
            guard let self else { return }
            // First, so that a commit after the look is told.
            wakeUps.arm()
            // Losing the error is safe: the slow recheck finds the same commit.
            let isForeign = (try? engine.hasForeignCommits()) == true
            wakeUps.lastWrite(isOurs: !isForeign)
            if isForeign { raiseAll() }
        }
    }

    private final class Outcome<Value: Sendable>: Sendable {
        struct Content {
            let value: Value
            let touched: TopicSet
            let leftOut: [RowFault]
        }

        let value = Mutex<Content?>(nil)
    }

    // MARK: Opening

    private static func prepareFolders(_ location: LedgerLocation, mustExist: Bool) throws(LedgerFailure) {
        var status = stat()
        let exists = stat(location.path, &status) == 0
        if exists, status.st_mode & S_IFMT != S_IFREG { throw .notALedger(path: location.path) }
        if mustExist, !exists { throw .missing(path: location.path) }
        if exists { try ExistingFile.check(location, size: Int64(status.st_size), mustExist: mustExist) }
        // SQLite would make a file wherever it leads.
        if !exists, DurableFile.exists(location.path) {
            throw .unusable(path: location.path, reason: "it is a dangling symbolic link")
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
                    path: location.path, reason: "cannot create the folder \(folder): \(SystemError.words(error))")
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
}
