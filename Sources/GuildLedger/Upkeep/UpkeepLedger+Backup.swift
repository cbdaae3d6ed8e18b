import Foundation
package import GuildDomain

extension UpkeepLedger {
    /// Pages that one step of SQLite's online backup copies.
    private static let pagesPerStep: Int32 = 1024

    /// Copies the ledger into a new folder while writers continue (`BackupFolder` shows what is in it).
    ///
    /// The folder is created under a temporary name, checked there as a ledger, synced and then renamed: it is complete or
    /// absent. A killed backup leaves `FOLDER.partial`, which the next backup into it takes over. The database is copied in
    /// steps from one snapshot, so that commits of other processes do not restart the copy; the log can be reset only when
    /// the copy is done.
    ///
    /// - Parameters:
    ///   - folder: must not exist yet, unlike its parent.
    ///   - version: of this guild.
    /// - Returns: what it holds, and which bodies and rows were damaged already.
    /// - Throws: `BackupFailure`; if the copy's pages or its audit chain are invalid, nothing is kept.
    package func backup(to folder: String, version: String, now: Timestamp) async throws -> BackupContents {
        let partial = try PartialFolder.begin(for: folder)
        do {
            let contents = try await fill(partial.path, version: version, now: now)
            try partial.publish(as: folder)
            return contents
        } catch {
            partial.discard()
            throw error
        }
    }

    private func fill(_ path: String, version: String, now: Timestamp) async throws -> BackupContents {
        let copy = LedgerLocation(path: "\(path)/\(BackupFolder.database)")
        // Until all bodies are copied, none is swept.
        let hold = try FileLock(path: ledger.bodies.lockPath)
        hold.lockShared()
        defer { hold.unlock() }
        let source = ledger.location.path
        try await Blocking.run { try Self.copyDatabase(source, to: copy.path) }
        let damaged = try await copyBodies(of: copy)
        let (verdict, refused) = try await Self.verified(copy, of: ledger.location.path)
        let rows = ProblemList(of: [damaged.rows, refused])
        let head = try await ledger.codex.acceptedHead()
        try await Blocking.run { try Self.finishDatabase(copy) }
        try DurableFile.makeFolder(copy.bodiesFolder)
        guard rename(copy.bodiesFolder, "\(path)/\(BackupFolder.bodies)") == 0 else {
            throw LedgerFailure.ofFile(copy.bodiesFolder, errno)
        }
        Self.removeAllBut([BackupFolder.database, BackupFolder.bodies], in: path)
        return try await Blocking.run {
            let store = BodyStore(folder: "\(path)/\(BackupFolder.bodies)")
            let files = store.files().filter { $0.digest != nil }
            let contents = BackupContents(
                madeAt: now, version: version, ledger: source,
                databaseBytes: DurableFile.size(of: "\(path)/\(BackupFolder.database)"), bodies: files.count,
                bodyBytes: files.reduce(0) { $0 + DurableFile.size(of: $1.path) }, auditEntries: verdict.entries,
                auditHead: verdict.head, acceptedHead: head, damagedBodies: damaged.bodies,
                damagedRows: rows.listed, damagedRowCount: rows.count)
            try Self.describe(path, contents, files)
            return contents
        }
    }

    /// The problems of rows that a copy is kept with: what the check says of references, rows, payloads and answers.
    private func damagedRows() async throws -> ProblemList {
        var problems = try await brokenReferences()
        problems.add(try await undecodableRows().problems)
        problems.add(try await damagedContents().problems)
        return problems
    }

    private static func copyDatabase(_ source: String, to destination: String) throws {
        do {
            let from = try SQLiteConnection(path: source, .readOnly)
            let made = Glibc.open(destination, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard made >= 0 else { throw LedgerFailure.ofFile(destination, errno) }
            Glibc.close(made)
            let to = try SQLiteConnection(path: destination, .readWrite)
            try from.transaction("BEGIN") { db in
                // The first read takes the snapshot that all steps copy.
                _ = try db.value("PRAGMA schema_version", as: Int.self)
                try from.backUp(to: to, pagesPerStep: pagesPerStep)
            }
        } catch let fault as StorageFault where fault.kind == .inputOutput {
            throw BackupFailure.notWritten(path: destination, reason: fault.message)
        } catch {
            throw LedgerFailure.translating(error, path: destination)
        }
    }

    /// Copies the bodies that the copied database names to their place beside a ledger at `copy`, and reads what its
    /// rows hold, as the check does.
    ///
    /// - Returns: the digests of bodies that were already missing or damaged, and the problems of rows.
    private func copyBodies(of copy: LedgerLocation) async throws -> (bodies: [String], rows: ProblemList) {
        let opened = try Ledger(at: copy, mustExist: true)
        defer { opened.close() }
        var after = ""
        var damaged: [String] = []
        while true {
            let page = try await opened.upkeep.bodyNames(after: after)
            guard let last = page.last else { return (damaged, try await opened.upkeep.damagedRows()) }
            let source = ledger.bodies
            let target = opened.bodies
            damaged += try await Blocking.run { try page.filter { try !source.copy($0, to: target) } }
            after = last
        }
    }

    /// Opens a copy as a ledger, and looks at its pages and its audit chain.
    ///
    /// - Parameter path: what it is a copy of, for messages.
    /// - Returns: also the problems of rows, which a copy is kept with.
    /// - Throws: `BackupFailure.unsound` if they do not hold.
    static func verified(_ copy: LedgerLocation, of path: String) async throws -> (AuditVerdict, rows: ProblemList) {
        let opened = try Ledger(at: copy, mustExist: true)
        defer { opened.close() }
        let problems = try await opened.upkeep.integrityProblems()
        // Where it stopped looking, more may follow.
        let isCut = problems.count >= integrityLimit
        if let problem = problems.first(where: { !isOfRow($0) }) ?? (isCut ? problems.first : nil) {
            throw BackupFailure.unsound(path: path, reason: problem)
        }
        let verdict = try await opened.audit.verify()
        if let problem = verdict.problem {
            throw BackupFailure.unsound(path: path, reason: "audit entry \(problem.seq): \(problem.reason)")
        }
        if let problem = try await opened.upkeep.schema().problems.first {
            throw BackupFailure.unsound(path: path, reason: problem)
        }
        return (verdict, ProblemList(problems))
    }

    /// Whether a line of `integrity_check` is about the content of a row, and not about the file's structure:
    /// https://www.sqlite.org/pragma.html#pragma_integrity_check
    private static func isOfRow(_ problem: String) -> Bool {
        problem.hasPrefix("CHECK constraint failed in ") || problem.contains(" value in ")
    }

    /// One file without a log, synced.
    static func finishDatabase(_ copy: LedgerLocation) throws {
        do {
            let mode = try SQLiteConnection.use(path: copy.path) { db in
                try db.value("PRAGMA journal_mode = DELETE", as: String.self)
            }
            guard mode == "delete" else {
                throw LedgerFailure.unusable(path: copy.path, reason: "its log cannot be merged")
            }
            try DurableFile.sync(copy.path)
        } catch {
            throw LedgerFailure.translating(error, path: copy.path)
        }
    }

    private static func removeAllBut(_ kept: Set<String>, in folder: String) {
        // Losing the errors is safe: a remaining file is not in the sums, and a restore takes only listed files.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where !kept.contains(name) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    /// Writes sums and manifest of the folder's content.
    private static func describe(_ folder: String, _ contents: BackupContents, _ files: [BodyStore.File]) throws {
        let database = try DurableFile.sum(of: "\(folder)/\(BackupFolder.database)")
        var lines = BackupFolder.line(database.digest, BackupFolder.database)
        for digest in files.compactMap(\.digest) {
            let name = "\(BackupFolder.bodies)/\(digest.prefix(2))/\(digest.dropFirst(2))"
            lines += BackupFolder.line(digest, name)
        }
        let manifest = Array((contents.json.text(.pretty) + "\n").utf8)
        try DurableFile.write(manifest, to: "\(folder)/\(BackupFolder.manifest)")
        lines += BackupFolder.line(ContentDigest.hex(of: manifest), BackupFolder.manifest)
        try DurableFile.write(Array(lines.utf8), to: "\(folder)/\(BackupFolder.sums)")
    }
}

extension SQLiteConnection {
    /// Runs `body`, outside any transaction, on a connection to a file that is there; it is closed when this returns.
    static func use<Value>(
        path: String, busyMilliseconds: Int32 = 0, _ body: (LedgerTransaction) throws -> Value
    ) throws -> Value {
        let connection = try SQLiteConnection(path: path, .readWrite, busyMilliseconds: busyMilliseconds)
        return try withExtendedLifetime(connection) { try body($0.transaction) }
    }
}

extension BodyStore {
    /// Copies a body, and syncs copy and name.
    ///
    /// - Returns: false if it is missing or does not match its name; then nothing is created.
    func copy(_ digest: String, to other: BodyStore) throws -> Bool {
        guard Self.isDigest(digest) else { return false }
        let source = path(of: digest)
        let target = other.path(of: digest)
        guard DurableFile.exists(source) else { return false }
        if DurableFile.exists(target) { return true }
        let parent = (target as NSString).deletingLastPathComponent
        try DurableFile.makeFolder(parent)
        let temporary = target + ".new"
        unlink(temporary)
        guard try DurableFile.copy(source, to: temporary).digest == digest else {
            unlink(temporary)
            return false
        }
        try DurableFile.move(temporary, to: target)
        try Self.sync(folder: other.folder)
        return true
    }
}
