import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

@Suite(.timeLimit(.minutes(5))) struct RestoreTests {
    private func restore(
        _ folder: TemporaryFolder, from backup: String? = nil, to location: LedgerLocation? = nil, force: Bool = false,
        dryRun: Bool = false
    ) async throws -> RestoreReport {
        try await LedgerRestore(from: backup ?? folder.path + "/backup", to: location ?? folder.location)
            .run(force: force, dryRun: dryRun, actor: "user:ada", now: start)
    }

    @Test func `a restored ledger is the one that was backed up, and says where it comes from`() async throws {
        let folder = try TemporaryFolder()
        let (head, _) = try await folder.furnished()
        let place = LedgerLocation(path: folder.path + "/elsewhere/deep/ledger.sqlite")
        let report = try await restore(folder, to: place)
        #expect(report.contents.auditHead == head)
        #expect(report.keptAside == nil)
        let (old, new) = (try Ledger(at: folder.location), try Ledger(at: place, mustExist: true))
        defer {
            old.close()
            new.close()
        }
        for name in ["large", "small", "run"] {
            let id = Event.sample(name).id
            #expect(try await new.events.find(id) == old.events.find(id))
        }
        #expect(try await new.upkeep.check(now: start).allSatisfy { $0.status == .ok })
        #expect(try await new.auditKinds() == old.auditKinds() + ["operator.command"])
        #expect(
            try folder.names("/elsewhere/deep") == ["ledger.sqlite", "ledger.sqlite-shm", "ledger.sqlite-wal"]
                + ["ledger.sqlite.d", "ledger.sqlite.lock", "ledger.sqlite.use"])
    }

    @Test func `a dry run verifies beside a ledger in use, and changes nothing`() async throws {
        let folder = try TemporaryFolder()
        let (head, _) = try await folder.furnished()
        let ledger = try Ledger(at: folder.location)
        defer { ledger.close() }
        _ = try await ledger.worker()
        let before = try folder.names("")
        let report = try await restore(folder, dryRun: true)
        #expect(!report.isDone && report.contents.auditHead == head)
        #expect(try folder.names("") == before)
        let nowhere = LedgerLocation(path: folder.path + "/clone-NEW/ledger.sqlite")
        #expect(try await !restore(folder, to: nowhere, dryRun: true).isDone)
        #expect(!FileManager.default.fileExists(atPath: nowhere.folder))
    }

    @Test(arguments: [true, false])
    func `a backup of another codex is refused before anything changes`(dryRun: Bool) async throws {
        let folder = try TemporaryFolder()
        _ = try await folder.furnished()
        let ledger = try Ledger(at: folder.location)
        let commit = String(repeating: "a", count: 40)
        try await ledger.codex.recordHead(commit: commit, accepted: true, problems: [], actor: "serve", now: start)
        let backup = folder.path + "/other"
        #expect(try await ledger.upkeep.backup(to: backup, version: "1", now: start).acceptedHead == commit)
        ledger.close()
        let place = LedgerLocation(path: folder.path + "/elsewhere/ledger.sqlite")
        let restore = LedgerRestore(from: backup, to: place)
        await #expect(throws: BackupFailure.foreign(path: backup)) {
            try await restore.run(
                force: true, dryRun: dryRun, isForeign: { $0 == [commit] }, actor: "user:ada", now: start)
        }
        #expect(!place.exists)
        #expect(try await restore.run(force: true, dryRun: dryRun, actor: "user:ada", now: start).isDone != dryRun)
    }

    @Test func `what was not begun is looked for before it is done`() async throws {
        let folder = try TemporaryFolder()
        _ = try await folder.furnished()
        _ = try await restore(folder, force: true)
        let ledger = try Ledger(at: folder.location, mustExist: true)
        defer { ledger.close() }
        let action = try await ledger.claimAction(try await ledger.worker())
        #expect(action?.attempt == 2)
        // The earlier try, if there was one, is in no row.
        let claimed = try #require(action)
        #expect(try await ledger.actions.lastTry(of: claimed) == claimed.createdAt)
    }

    @Test func `a ledger in use is not replaced`() async throws {
        let folder = try TemporaryFolder()
        _ = try await folder.furnished()
        let ledger = try Ledger(at: folder.location)
        let worker = try await ledger.worker()
        let failure = await #expect(throws: BackupFailure.self) { try await restore(folder, force: true) }
        #expect(failure == .inUse(path: folder.location.path, processes: [getpid()]))
        #expect(failure?.kind == .unavailable)
        try await ledger.workers.unregister(worker, now: start)
        ledger.close()
        #expect(try await restore(folder, force: true).isDone)
    }

    @Test func `a ledger that is there stays unless force is used, and is then kept aside whole`() async throws {
        let folder = try TemporaryFolder()
        let (head, _) = try await folder.furnished()
        var ledger = try Ledger(at: folder.location)
        let policy = AcceptancePolicy(actor: "tester")
        _ = try await ledger.events.accept(.sample("late", payload: Ledger.large("y")), policy: policy, now: start)
        let late = try await ledger.audit.verify().head
        ledger.close()
        await #expect(throws: BackupFailure.ledgerExists(path: folder.location.path)) { try await restore(folder) }
        #expect(try await restore(folder, dryRun: true).isDone == false)
        ledger = try Ledger(at: folder.location)
        #expect(try await ledger.audit.verify().head == late)
        ledger.close()

        let aside = try #require(try await restore(folder, force: true).keptAside)
        let (new, old) = (try Ledger(at: folder.location), try Ledger(at: LedgerLocation(path: aside)))
        defer {
            new.close()
            old.close()
        }
        #expect(try await new.events.find(Event.sample("late").id) == nil)
        #expect(try await new.audit.verify().entries == old.audit.verify().entries)
        #expect(try await old.audit.verify().head == late)
        #expect(try await old.events.find(Event.sample("late").id)?.payload.count == 70_002)
        #expect(try await old.upkeep.check(now: start).allSatisfy { $0.status == .ok })
        #expect(late != head)
    }

    @Test func `the log of a crashed ledger goes aside with it and is never applied to the restored one`() async throws
    {
        let folder = try TemporaryFolder()
        let (_, backup) = try await folder.furnished()
        let crashed = try TemporaryFolder()
        // What a kill leaves: the files as they are while the ledger is open.
        let ledger = try Ledger(at: folder.location)
        _ = try await ledger.events.accept(.sample("logged"), policy: AcceptancePolicy(actor: "tester"), now: start)
        let head = try await ledger.audit.verify().head
        for end in ["", "-wal", ".d"] {
            try FileManager.default.copyItem(
                atPath: folder.location.path + end, toPath: crashed.location.path + end)
        }
        ledger.close()
        #expect(DurableFile.size(of: crashed.location.walPath) > 0)
        let aside = try #require(try await restore(crashed, from: backup, force: true).keptAside)
        let (new, old) = (try Ledger(at: crashed.location), try Ledger(at: LedgerLocation(path: aside)))
        defer {
            new.close()
            old.close()
        }
        #expect(try await new.upkeep.check(now: start).allSatisfy { $0.status == .ok })
        #expect(try await new.events.find(Event.sample("logged").id) == nil)
        #expect(try await old.audit.verify().head == head)
    }

    @Test func `a ledger that is damaged can be replaced, and goes aside as it is`() async throws {
        let folder = try TemporaryFolder()
        _ = try await folder.furnished()
        for end in ["-wal", "-shm"] { unlink(folder.location.path + end) }
        try folder.overwrite("ledger.sqlite", "This is a diary.")
        let aside = try #require(try await restore(folder, force: true).keptAside)
        #expect(try String(contentsOfFile: aside, encoding: .utf8) == "This is a diary.")
        let ledger = try Ledger(at: folder.location, mustExist: true)
        defer { ledger.close() }
        #expect(try await ledger.upkeep.check(now: start).allSatisfy { $0.status == .ok })
    }

    @Test(arguments: ["ledger.sqlite", "manifest.json", "SHA256SUMS", "body"])
    func `a backup in which anything was changed or lost is refused, and nothing with it`(name: String) async throws {
        let folder = try TemporaryFolder()
        let (head, backup) = try await folder.furnished()
        let file =
            name == "body"
            ? try #require(BodyStore(folder: backup + "/bodies").files().first).path : "\(backup)/\(name)"
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        var changed = whole
        changed[changed.count / 2] ^= 1
        for content in [changed, whole.prefix(whole.count - 1), nil] {
            try FileManager.default.removeItem(atPath: file)
            try content?.write(to: URL(fileURLWithPath: file))
            await #expect(throws: (any Error).self) { try await restore(folder, force: true) }
            if content == nil { try Data().write(to: URL(fileURLWithPath: file)) }
        }
        let ledger = try Ledger(at: folder.location, mustExist: true)
        defer { ledger.close() }
        #expect(try await ledger.audit.verify().head == head)
        #expect(try folder.names().filter { $0.contains("restoring") || $0.contains("before") } == [])
    }

    @Test(arguments: [
        "../../../etc/passwd", "/etc/passwd", "bodies/../../x", "ledger.sqlite-wal",
        "bodies/aa/" + String(repeating: "b", count: 62),
    ])
    func `a list of sums leads nowhere but to the backup's own files`(name: String) async throws {
        let folder = try TemporaryFolder()
        _ = try await folder.furnished()
        let digest = String(repeating: "a", count: 64)
        try folder.overwrite("backup/SHA256SUMS", try folder.text("backup/SHA256SUMS") + "\(digest)  \(name)\n")
        let failure = await #expect(throws: BackupFailure.self) { try await restore(folder, force: true) }
        #expect(failure?.message.contains("an unknown line") == true)
    }

    @Test func `a folder that is no backup, or a newer one, is refused`() async throws {
        let folder = try TemporaryFolder()
        _ = try await folder.furnished()
        let failure = await #expect(throws: BackupFailure.self) { try await restore(folder, from: folder.path) }
        #expect(failure?.kind == .usage)
        try folder.overwrite("backup/manifest.json", #"{"format": "guild-ledger-backup", "version": 2}"#)
        await #expect(throws: BackupFailure.newerVersion(path: folder.path + "/backup")) {
            try await restore(folder, force: true)
        }
    }

    @Test func `what a killed restore left is settled by the next one`() async throws {
        let folder = try TemporaryFolder()
        let (head, _) = try await folder.furnished()
        let partial = folder.location.path + ".before.partial"
        // Killed before the change: only another name of the ledger that is there.
        try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        try FileManager.default.linkItem(atPath: folder.location.path, toPath: partial + "/ledger.sqlite")
        try FileManager.default.createDirectory(
            atPath: folder.location.path + ".restoring", withIntermediateDirectories: true)
        try folder.overwrite("ledger.sqlite.restoring/ledger.sqlite", "half")
        _ = try await restore(folder, force: true)
        #expect(try folder.names().filter { $0.contains(".before") }.count == 1)
        // Killed after it: the old ledger has no other name yet.
        let aside = try #require(try folder.names().first { $0.contains(".before-") })
        try FileManager.default.moveItem(atPath: "\(folder.path)/\(aside)", toPath: partial)
        _ = try await restore(folder, force: true)
        let kept = try folder.names().filter { $0.contains(".before-") }
        #expect(kept.count == 2)
        let heads = try await kept.asyncMap { name in
            let ledger = try Ledger(at: LedgerLocation(path: "\(folder.path)/\(name)/ledger.sqlite"), mustExist: true)
            defer { ledger.close() }
            return try await ledger.audit.verify().head
        }
        #expect(heads.contains(head))
        #expect(Set(heads).count == 2)
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
