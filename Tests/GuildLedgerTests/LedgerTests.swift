import Foundation
import GuildDomain
import Synchronization
import Testing

@testable import GuildLedger

@Suite struct LedgerTests {
    @Test func `the writer really syncs at each commit`() async throws {
        try await withLedger { ledger async throws in
            let (synchronous, journal, foreignKeys) = try await ledger.write { db in
                (
                    try db.value("PRAGMA synchronous", as: Int.self),
                    try db.value("PRAGMA journal_mode", as: String.self),
                    try db.value("PRAGMA foreign_keys", as: Int.self)
                )
            }
            #expect(synchronous == 2)
            #expect(journal == "wal")
            #expect(foreignKeys == 1)
        }
    }

    @Test func `a ledger keeps what it was told over a reopening, and still syncs`() async throws {
        let folder = try TemporaryFolder()
        let first = try Ledger(at: folder.location)
        let id = try await first.queue()
        first.close()
        let second = try Ledger(at: folder.location, mustExist: true)
        defer { second.close() }
        #expect(try await second.invocations.find(id)?.agent == "ranger")
        #expect(try await second.write { try $0.value("PRAGMA synchronous", as: Int.self) } == 2)
    }

    @Test func `a new ledger is for its owner alone`() async throws {
        try await withLedgerAndFolder { _, folder async throws in
            for file in ["", "-wal", ".lock"] {
                var status = stat()
                #expect(stat(folder.location.path + file, &status) == 0)
                #expect(status.st_mode & 0o077 == 0, "\(file)")
            }
        }
    }

    @Test func `a command that only reads makes no ledger`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: LedgerFailure.missing(path: folder.location.path)) {
            _ = try Ledger(at: folder.location, mustExist: true)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test(arguments: [
        "this is no database at all, whatever its name says", String(repeating: "SQLite format 3?", count: 300),
    ])
    func `a file of another kind is refused`(content: String) throws {
        let folder = try TemporaryFolder()
        try Data(content.utf8).write(to: URL(fileURLWithPath: folder.location.path))
        #expect(throws: LedgerFailure.notALedger(path: folder.location.path)) { _ = try Ledger(at: folder.location) }
    }

    @Test func `a folder in the ledger's place is refused`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.location.path, withIntermediateDirectories: false)
        #expect(throws: LedgerFailure.notALedger(path: folder.location.path)) { _ = try Ledger(at: folder.location) }
    }

    @Test func `a file where a folder should be is named`() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(fileURLWithPath: folder.path + "/file"))
        let location = LedgerLocation(path: folder.path + "/file/ledger.sqlite")
        #expect {
            _ = try Ledger(at: location)
        } throws: {
            ($0 as? LedgerFailure)?.message.contains("cannot create the folder") == true
        }
    }

    @Test func `a ledger of a newer version is refused`() throws {
        let folder = try TemporaryFolder()
        try Ledger(at: folder.location).close()
        try folder.rawConnection().script("INSERT INTO schema_versions (version) VALUES (\(LedgerSchema.version + 1))")
        #expect(throws: LedgerFailure.newerVersion(path: folder.location.path)) { _ = try Ledger(at: folder.location) }
    }

    @Test func `a write that somebody's lock keeps out says so, and works afterwards`() async throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(at: folder.location, busyTimeout: .milliseconds(10))
        defer { ledger.close() }
        let other = try folder.rawConnection(droppingTriggers: false)
        try other.script("BEGIN EXCLUSIVE")
        await #expect(throws: LedgerFailure.locked(path: folder.location.path)) { try await ledger.queue() }
        try other.script("COMMIT")
        try await ledger.queue()
        #expect(try await ledger.count("SELECT count(*) FROM invocations") == 1)
    }

    @Test func `who serves waits for somebody's lock, in order, and each write is made once`() async throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(at: folder.location, busyTimeout: .milliseconds(10))
        defer { ledger.close() }
        let notices = Notices()
        try ledger.waitForLocks { notices.add($0) }
        let other = try folder.rawConnection(droppingTriggers: false)
        try other.script("BEGIN IMMEDIATE")
        async let patient = ledger.queue("patient")
        await notices.waitForLock()
        // Nobody waits longer than it may, and who asks is told at once.
        await #expect(throws: LedgerFailure.locked(path: folder.location.path)) { try await ledger.probe() }
        await #expect(throws: LedgerFailure.locked(path: folder.location.path)) {
            try await Ledger.$lockPatience.withValue(.zero) { try await ledger.queue("hasty") }
        }
        let unwanted = Task { try await ledger.queue("unwanted") }
        unwanted.cancel()
        await #expect(throws: CancellationError.self) { try await unwanted.value }
        try other.script("COMMIT")
        let id = try await patient
        #expect(try await ledger.invocations.find(id) != nil)
        try await ledger.probe()
        #expect(notices.all == [true, false])
        #expect(try await ledger.count("SELECT count(*) FROM events") == 1)
        #expect(try await ledger.count("SELECT count(*) FROM invocations") == 1)
    }

    /// What was told about locks.
    private final class Notices: Sendable {
        private let told = Mutex<[Bool]>([])
        private let (stream, continuation) = AsyncStream<Bool>.makeStream()

        var all: [Bool] { told.withLock { $0 } }

        func add(_ isHeld: Bool) {
            told.withLock { $0.append(isHeld) }
            continuation.yield(isHeld)
        }

        func waitForLock() async { for await isHeld in stream where isHeld { return } }
    }

    @Test func `a new ledger that somebody has locked says so`() throws {
        let folder = try TemporaryFolder()
        let other = try folder.rawConnection(droppingTriggers: false)
        try other.script("CREATE TABLE theirs (n); BEGIN EXCLUSIVE")
        #expect(throws: LedgerFailure.locked(path: folder.location.path)) {
            _ = try Ledger(at: folder.location, busyTimeout: .milliseconds(10))
        }
        try other.script("ROLLBACK")
    }

    @Test func `a folder that this user cannot write is refused`() async throws {
        let folder = try TemporaryFolder()
        #expect(chmod(folder.path, 0o555) == 0)
        let location = folder.location
        let failure: LedgerFailure? = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                // Root writes everywhere; a thread with another user's eyes does not.
                let isOther = actAsNobody()
                var found: LedgerFailure?
                do throws(LedgerFailure) { try Ledger(at: location).close() } catch { found = error }
                continuation.resume(returning: isOther ? found : .readOnly(path: location.path))
            }
        }
        #expect(failure == .readOnly(path: location.path))
        #expect(chmod(folder.path, 0o755) == 0)
    }

    @Test func `processes that start at once on a new ledger all open it`() async throws {
        let location = try TemporaryFolder()
        let opened = try await withThrowingTaskGroup(of: Ledger.self) { group in
            for _ in 0..<8 { group.addTask { try Ledger(at: location.location) } }
            return try await group.reduce(into: [Ledger]()) { $0.append($1) }
        }
        for ledger in opened { ledger.close() }
        #expect(opened.count == 8)
    }

    @Test func `a symbolic link and its file are one ledger`() async throws {
        let folder = try TemporaryFolder()
        let real = try Ledger(at: folder.location)
        defer { real.close() }
        let link = folder.path + "/link.sqlite"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.location.path)
        let linked = try Ledger(at: LedgerLocation(path: link))
        defer { linked.close() }
        #expect((linked.location.path as NSString).lastPathComponent == "ledger.sqlite")
        let worker = try await real.worker()
        #expect(!linked.workers.isDead(worker.id))
    }

    @Test func `two processes interleave their writes and lose none`() async throws {
        try await withTwoLedgers { one, two async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    let ledger = number.isMultiple(of: 2) ? one : two
                    group.addTask {
                        _ = try await ledger.events.accept(
                            .sample("\(number)"), policy: AcceptancePolicy(actor: "tester"), now: start)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await one.count("SELECT count(*) FROM events") == 200)
            #expect(try await two.audit.verify().problem == nil)
            #expect(try await two.audit.verify().entries == 200)
        }
    }

    @Test(.timeLimit(.minutes(10))) func `a commit of another process wakes this one, each time`() async throws {
        try await withTwoLedgers { one, two async throws in
            one.watch()
            for number in 1...200 {
                async let written = two.events.accept(
                    .sample("\(number)"), policy: AcceptancePolicy(actor: "tester"), now: start)
                while true {
                    let seen = one.signal(.inbound).generation
                    if try await one.count("SELECT count(*) FROM events") >= number { break }
                    await one.signal(.inbound).wait(after: seen)
                }
                _ = try await written
            }
        }
    }

    @Test(.timeLimit(.minutes(10))) func `a process that is itself busy still hears of another's commits`() async throws
    {
        try await withTwoLedgers { one, two async throws in
            one.watch()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<8 {
                    group.addTask {
                        for number in 0... {
                            if Task.isCancelled { return }
                            try await one.write { db in
                                try db.run("INSERT INTO inbox VALUES (?, ?)", ["lane\(lane)", Array("\(number)".utf8)])
                            }
                        }
                    }
                }
                let signal = one.signal(.cancellations)
                let seen = signal.generation
                try await two.queue()
                await signal.wait(after: seen)
                group.cancelAll()
            }
        }
    }

    @Test func `a failed write raises no signal`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.queue("one")
            let seen = ledger.signal(.inbound).generation
            await #expect(throws: Failure.self) {
                try await ledger.write { db in
                    try db.run("UPDATE messages SET available_at = 1")
                    throw Failure(.failed, "no")
                }
            }
            #expect(ledger.signal(.inbound).generation == seen)
        }
    }

    @Test func `a write goes on when its task is cancelled`() async throws {
        try await withLedger { ledger async throws in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                try await ledger.queue("late")
            }
            task.cancel()
            // Reading is what a cancelled task may not do; the event is written all the same.
            _ = await task.result
            #expect(try await ledger.count("SELECT count(*) FROM events") == 1)
        }
    }
}

/// Gives this thread alone the file system's view of another user, where the process is root's.
private func actAsNobody() -> Bool {
    guard geteuid() == 0 else { return true }
    guard let symbol = dlsym(nil, "setfsuid") else { return false }
    let setFileSystemUser = unsafeBitCast(symbol, to: (@convention(c) (UInt32) -> Int32).self)
    _ = setFileSystemUser(65_534)
    return setFileSystemUser(65_534) == 65_534
}
