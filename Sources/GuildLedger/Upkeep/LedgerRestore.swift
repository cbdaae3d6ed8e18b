import Foundation
package import GuildDomain

/// The result of a restore, or its preview.
package struct RestoreReport: Sendable, Hashable {
    package let contents: BackupContents
    /// The ledger's present place.
    package let ledger: String
    /// The ledger that was there before, whole and usable with `--ledger`; nil if there was none.
    package let keptAside: String?
    /// Whether something was written.
    package let isDone: Bool
}

/// Replaces a ledger with a backup.
///
///     verify the sums ─▶ stage beside the ledger ─▶ look at it as a ledger ─▶ keep the old one aside
///         ─▶ bodies into their folder ─▶ one rename puts the database in place
///
/// Before that rename the old ledger is in force, after it the restored one: a crash leaves one of them complete, and at
/// most some files that the next restore clears away. The rename alone decides, because the old ledger's log is merged
/// before (a remaining log would be applied to the new database), and because bodies are named by their content, so that
/// those of both can share a folder. Every process with the ledger open shares a lock that a restore needs alone.
package struct LedgerRestore: Sendable {
    private let location: LedgerLocation
    /// The backup's folder; only read.
    private let folder: String

    package init(from folder: String, to location: LedgerLocation) {
        self.folder = folder
        self.location = location.followingLink()
    }

    private var stagingFolder: String { location.path + ".restoring" }

    /// - Parameters:
    ///   - force: replace a ledger that is there, and keep it aside.
    ///   - dryRun: verify all, by a copy in the folder for temporary files, and change nothing.
    ///   - isForeign: whether a ledger with these accepted commits, the newest first, is another codex's; it is refused.
    ///   - actor: who, for the audit: `user:NAME`.
    package func run(
        force: Bool, dryRun: Bool = false, isForeign: @Sendable ([String]) -> Bool = { _ in false }, actor: String,
        now: Timestamp
    ) async throws -> RestoreReport {
        let contents = try BackupFolder.contents(of: folder)
        guard !dryRun else {
            try await verify(contents, isForeign, actor: actor, now: now)
            return RestoreReport(contents: contents, ledger: location.path, keptAside: nil, isDone: false)
        }
        try makeParent()
        let use = try FileLock(path: location.usePath)
        guard use.tryLock() else {
            throw BackupFailure.inUse(path: location.path, processes: processes())
        }
        defer { use.unlock() }
        let exists = DurableFile.exists(location.path)
        if exists, !force { throw BackupFailure.ledgerExists(path: location.path) }
        try clearStaging()
        defer {
            // The next restore clears away anything that cannot be removed.
            try? FileManager.default.removeItem(atPath: stagingFolder)
        }
        try await stage(contents, in: stagingFolder, isForeign, actor: actor, now: now)
        let aside = try await Blocking.run { try self.swap(isThere: exists, now: now) }
        return RestoreReport(contents: contents, ledger: location.path, keptAside: aside, isDone: true)
    }

    /// Stages the backup in a private place: the ledger that it would replace may be in use, or missing.
    private func verify(
        _ contents: BackupContents, _ isForeign: @Sendable ([String]) -> Bool, actor: String, now: Timestamp
    ) async throws {
        let template = FileManager.default.temporaryDirectory.path + "/guild-restore-XXXXXX"
        var path = Array(template.utf8CString)
        guard mkdtemp(&path) != nil else { throw LedgerFailure.ofFile(template, errno) }
        let made = String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The cleaner of temporary files removes anything that cannot be removed now.
        defer { try? FileManager.default.removeItem(atPath: made) }
        try await stage(contents, in: made, isForeign, actor: actor, now: now)
    }

    private func makeParent() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: location.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw LedgerFailure.ofFile(location.path, SystemError.code(of: error))
        }
        try location.refuseNetworkFileSystem()
    }

    /// Clears away the remains of a crash.
    private func clearStaging() throws {
        try DurableFile.makeFolder(stagingFolder)
        for name in try FileManager.default.contentsOfDirectory(atPath: stagingFolder) {
            try FileManager.default.removeItem(atPath: "\(stagingFolder)/\(name)")
        }
    }

    /// The processes that hold a worker's lock.
    private func processes() -> [Int32] {
        // Without a ledger that can be read nobody can be named.
        let rows = try? SQLiteConnection.use(path: location.path) { db in
            try db.all("SELECT id, pid FROM workers WHERE ended_at IS NULL") { row in
                (id: try row["id"] as WorkerID, pid: try row["pid"] as Int32)
            }
        }
        return (rows ?? []).filter { row in
            // A file that is gone or cannot be opened identifies no running worker.
            guard let file = try? FileLock(existing: location.workersFolder + "/\(row.id).lock") else { return false }
            return !file.isFree()
        }.map(\.pid)
    }

    // MARK: Staging

    /// Copies the backup beside the ledger, compares every file with its sum, and turns it into a ledger that records
    /// its origin.
    private func stage(
        _ contents: BackupContents, in staging: String, _ isForeign: @Sendable ([String]) -> Bool, actor: String,
        now: Timestamp
    ) async throws {
        let staged = LedgerLocation(path: "\(staging)/\(BackupFolder.database)")
        try await Blocking.run { try self.copyFiles(contents, to: staged) }
        let verdict: AuditVerdict
        do {
            verdict = try await UpkeepLedger.verified(staged, of: folder).0
        } catch LedgerFailure.newerVersion {
            throw BackupFailure.newerVersion(path: folder)
        }
        guard verdict.entries == contents.auditEntries, verdict.head == contents.auditHead else {
            throw BackupFailure.damaged(path: folder, reason: "its audit chain does not end as its manifest says")
        }
        let ledger = try Ledger(at: staged, mustExist: true)
        defer { ledger.close() }
        guard try await !isForeign(ledger.codex.acceptedCommits()) else { throw BackupFailure.foreign(path: folder) }
        try await ledger.upkeep.markRestored(from: contents, actor: actor, now: now)
    }

    private func copyFiles(_ contents: BackupContents, to staged: LedgerLocation) throws {
        for path in [(staged.bodiesFolder as NSString).deletingLastPathComponent, staged.bodiesFolder] {
            try DurableFile.makeFolder(path)
        }
        let store = BodyStore(folder: staged.bodiesFolder)
        var count = 0
        try BackupFolder.eachSum(of: folder) { name, digest in
            let source = "\(folder)/\(name)"
            switch name {
            case BackupFolder.manifest:
                guard try DurableFile.sum(of: source).digest == digest else { throw changed(name) }
            case BackupFolder.database:
                guard try DurableFile.copy(source, to: staged.path).digest == digest else { throw changed(name) }
            default:
                count += 1
                let found = try BodyStore(folder: "\(folder)/\(BackupFolder.bodies)").copy(digest, to: store)
                guard found else { throw changed(name) }
            }
        }
        guard count == contents.bodies else {
            throw BackupFailure.damaged(path: folder, reason: "it lists \(count) bodies of \(contents.bodies)")
        }
    }

    private func changed(_ name: String) -> BackupFailure {
        .damaged(path: folder, reason: "\(name) is missing or damaged")
    }

    // MARK: The change

    /// - Returns: the present place of the previous ledger.
    private func swap(isThere: Bool, now: Timestamp) throws -> String? {
        let staged = LedgerLocation(path: "\(stagingFolder)/\(BackupFolder.database)")
        try UpkeepLedger.finishDatabase(staged)
        for path in [(location.bodiesFolder as NSString).deletingLastPathComponent, location.bodiesFolder] {
            try DurableFile.makeFolder(path)
        }
        let lock = try FileLock(path: location.lockPath)
        lock.lock()
        defer { lock.unlock() }
        try settleAside(now: now)
        if isThere {
            try takeInLog()
            try prepareAside()
        }
        try takeBodies(of: BodyStore(folder: staged.bodiesFolder))
        // The verified position of the old chain does not apply to the new one.
        for path in [location.path + "-wal", location.path + "-shm", location.auditMarkPath] { unlink(path) }
        try BodyStore.sync(folder: location.folder)
        guard rename(staged.path, location.path) == 0 else { throw LedgerFailure.ofFile(location.path, errno) }
        try BodyStore.sync(folder: location.folder)
        return try settleAside(now: now)
    }

    /// Copies the old ledger's log into it, so that the file alone is the ledger. One that is damaged keeps its log, which
    /// goes aside with it.
    private func takeInLog() throws {
        let isFree: Bool
        do {
            isFree = try SQLiteConnection.use(path: location.path, busyMilliseconds: 1000) { db in
                try db.value("PRAGMA wal_checkpoint(TRUNCATE)", as: Int.self) == 0
            }
        } catch let fault as StorageFault where fault.kind == .notADatabase {
            return
        } catch let fault as StorageFault where fault.kind == .busy {
            throw BackupFailure.inUse(path: location.path, processes: [])
        } catch {
            throw LedgerFailure.translating(error, path: location.path)
        }
        // A program that opened the file without our locks, as `sqlite3` does.
        guard isFree, DurableFile.size(of: location.walPath) == 0 else {
            throw BackupFailure.inUse(path: location.path, processes: [])
        }
    }

    private var preparedAside: LedgerLocation {
        LedgerLocation(path: location.path + ".before.partial/" + (location.path as NSString).lastPathComponent)
    }

    /// Gives the old ledger another name too, by links: nothing is copied if links can be made.
    private func prepareAside() throws {
        let old = preparedAside
        for path in [old.folder, (old.bodiesFolder as NSString).deletingLastPathComponent, old.bodiesFolder] {
            try DurableFile.makeFolder(path)
        }
        try Self.link(location.path, old.path)
        if DurableFile.size(of: location.walPath) > 0 { try Self.link(location.walPath, old.walPath) }
        for file in BodyStore(folder: location.bodiesFolder).files() {
            guard let digest = file.digest else { continue }
            let target = BodyStore(folder: old.bodiesFolder).path(of: digest)
            try DurableFile.makeFolder((target as NSString).deletingLastPathComponent)
            try Self.link(file.path, target)
        }
        try BodyStore.sync(folder: old.folder)
        try BodyStore.sync(folder: location.folder)
    }

    /// Names what was prepared, now that another ledger is in the old one's place; also where a crash came in between. As
    /// long as it is only another name of the ledger that is there, it goes: one database must not be opened by two names.
    ///
    /// - Returns: where the old ledger is; nil if there was none, or it is in place.
    @discardableResult
    private func settleAside(now: Timestamp) throws -> String? {
        let old = preparedAside
        guard DurableFile.exists(old.folder) else { return nil }
        try DurableFile.requireFolder(old.folder)
        guard DurableFile.exists(old.path), !Self.isSameFile(old.path, location.path) else {
            try FileManager.default.removeItem(atPath: old.folder)
            return nil
        }
        let stamp = now.rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
        var folder = "\(location.path).before-\(stamp)"
        var number = 2
        while DurableFile.exists(folder) {
            folder = "\(location.path).before-\(stamp)-\(number)"
            number += 1
        }
        try DurableFile.move(old.folder, to: folder)
        return "\(folder)/\((old.path as NSString).lastPathComponent)"
    }

    private static func isSameFile(_ one: String, _ other: String) -> Bool {
        var first = stat()
        var second = stat()
        guard stat(one, &first) == 0, stat(other, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    /// A second name for a file; a copy if the file system has no links.
    private static func link(_ source: String, _ target: String) throws(LedgerFailure) {
        if Glibc.link(source, target) == 0 { return }
        _ = try DurableFile.copy(source, to: target)
    }

    private func takeBodies(of staged: BodyStore) throws {
        let store = BodyStore(folder: location.bodiesFolder)
        for file in staged.files() {
            guard let digest = file.digest else { continue }
            let target = store.path(of: digest)
            let parent = (target as NSString).deletingLastPathComponent
            try DurableFile.makeFolder(parent)
            // Replaces an existing one, which may be damaged; its other name, aside, keeps it.
            try DurableFile.move(file.path, to: target)
        }
        try BodyStore.sync(folder: location.bodiesFolder)
    }
}

extension UpkeepLedger {
    /// Records in the chain where this ledger comes from, and makes guild look for the result of every action that was
    /// not begun before performing it: it may have been done since the backup was made.
    func markRestored(from contents: BackupContents, actor: String, now: Timestamp) async throws {
        try await ledger.write { db in
            try db.run("UPDATE actions SET attempt = 1 WHERE state IN ('queued', 'awaiting') AND attempt = 0")
            try db.audit.append(
                AuditEntry(
                    at: now, actor: actor, kind: .operatorCommand, subject: "ledger restore",
                    body: [
                        "made_at": .string(contents.madeAt.rfc3339), "entries": .integer(contents.auditEntries),
                        "head": .string(contents.auditHead),
                    ]))
        }
    }
}
