import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// What somebody else may have put where a ledger keeps its files: links, FIFOs, folders of others.
@Suite struct PlantedPathTests {
    /// A folder with a file that must stay as it is.
    private func victim(in folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/victim"
        try FileManager.default.createDirectory(atPath: path + "/ab", withIntermediateDirectories: true)
        for name in ["keep.txt", "ab/keep.txt"] {
            try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        }
        return path
    }

    private func isUntouched(_ victim: String) -> Bool {
        // A folder that can't be listed has been touched.
        let found = (try? FileManager.default.subpathsOfDirectory(atPath: victim))?.sorted()
        return found == ["ab", "ab/keep.txt", "keep.txt"]
    }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    private func backedUp(_ folder: TemporaryFolder) async throws -> String {
        let ledger = try Ledger(at: folder.location)
        defer { ledger.close() }
        try await ledger.queue("a")
        let backup = folder.path + "/backup"
        _ = try await ledger.upkeep.backup(to: backup, version: "test", now: start)
        return backup
    }

    @Test(arguments: [".restoring", ".d", ".before.partial"])
    func `a restore follows no planted link`(suffix: String) async throws {
        let folder = try TemporaryFolder()
        let backup = try await backedUp(folder)
        let victim = try victim(in: folder)
        let target = LedgerLocation(path: folder.path + "/new/ledger.sqlite")
        try FileManager.default.createDirectory(atPath: target.folder, withIntermediateDirectories: true)
        try link(target.path + suffix, to: victim)
        let problem = await #expect(throws: LedgerFailure.self) {
            try await LedgerRestore(from: backup, to: target).run(force: true, actor: "user:ada", now: start)
        }
        #expect(problem?.message.contains("symbolic link") == true, "\(problem?.message ?? "")")
        #expect(isUntouched(victim))
    }

    @Test(arguments: [".lock", ".use", "-wal", "-shm", "-journal", ".d/bodies.lock", ".d/housekeeping.lock"])
    func `no file beside a ledger is made or opened through a link`(suffix: String) async throws {
        let folder = try TemporaryFolder()
        try await closed(folder)
        let path = folder.location.path + suffix
        unlink(path)
        try link(path, to: folder.path + "/nowhere")
        await #expect(throws: LedgerFailure.self) { try await use(folder) }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/nowhere"))
    }

    @Test func `a ledger is not begun where a planted link leads`() throws {
        let folder = try TemporaryFolder()
        try link(folder.location.path, to: folder.path + "/nowhere")
        let problem = #expect(throws: LedgerFailure.self) { try Ledger(at: folder.location).close() }
        #expect(problem?.message.contains("symbolic link") == true, "\(problem?.message ?? "")")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/nowhere"))
    }

    @Test(arguments: [".lock", ".use", "-wal"])
    func `a FIFO in the place of a file is refused and not waited for`(suffix: String) async throws {
        let folder = try TemporaryFolder()
        try await closed(folder)
        let path = folder.location.path + suffix
        unlink(path)
        #expect(mkfifo(path, 0o600) == 0)
        await #expect(throws: LedgerFailure.self) { try await use(folder) }
    }

    @Test(arguments: [".d", ".d/bodies", ".d/workers"])
    func `a folder beside a ledger is no link`(suffix: String) async throws {
        let folder = try TemporaryFolder()
        try await closed(folder)
        let victim = try victim(in: folder)
        let path = folder.location.path + suffix
        try FileManager.default.removeItem(atPath: path)
        try link(path, to: victim)
        await #expect(throws: LedgerFailure.self) { try await use(folder) }
        #expect(isUntouched(victim))
    }

    @Test func `bodies are swept and stored in real folders alone`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let victim = try victim(in: folder)
            try link(folder.location.bodiesFolder + "/ab", to: victim)
            _ = try await ledger.upkeep.prune(
                RetentionPlan(rawMessages: .seconds(1), policy: "test"), actor: "retention", now: start)
            #expect(isUntouched(victim))
            let body = try #require(
                (0..<10_000).lazy.map { Array("\($0)".utf8) + [UInt8](repeating: 0x20, count: 70_000) }
                    .first { ContentDigest.hex(of: $0).hasPrefix("ab") })
            #expect(throws: LedgerFailure.self) { try ledger.bodies.store(body) }
            #expect(isUntouched(victim))
        }
    }

    @Test func `a backup goes into no planted folder, and a FIFO in one is not waited for`() async throws {
        let folder = try TemporaryFolder()
        let backup = try await backedUp(folder)
        let victim = try victim(in: folder)
        let ledger = try Ledger(at: folder.location)
        defer { ledger.close() }
        try link(folder.path + "/second.partial", to: victim)
        await #expect(throws: LedgerFailure.self) {
            try await ledger.upkeep.backup(to: folder.path + "/second", version: "test", now: start)
        }
        #expect(isUntouched(victim))
        for name in ["SHA256SUMS", "manifest.json", "ledger.sqlite"] {
            try FileManager.default.moveItem(atPath: "\(backup)/\(name)", toPath: folder.path + "/kept")
            #expect(mkfifo("\(backup)/\(name)", 0o600) == 0)
            let target = LedgerLocation(path: folder.path + "/new/ledger.sqlite")
            await #expect(throws: (any Error).self) {
                try await LedgerRestore(from: backup, to: target).run(force: true, actor: "user:ada", now: start)
            }
            unlink("\(backup)/\(name)")
            try FileManager.default.moveItem(atPath: folder.path + "/kept", toPath: "\(backup)/\(name)")
        }
    }

    @Test func `a verification's mark replaces a link and reads through none`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.queue("a")
            let path = folder.location.auditMarkPath
            let target = folder.path + "/target"
            try Data("mine".utf8).write(to: URL(fileURLWithPath: target))
            unlink(path)
            try link(path, to: target)
            _ = try await ledger.audit.verify(AuditVerification(), now: start)
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "mine")
        }
    }

    private func closed(_ folder: TemporaryFolder) async throws {
        let ledger = try Ledger(at: folder.location)
        try await ledger.queue("a")
        ledger.close()
    }

    /// Opens the ledger and does what takes each of its locks.
    private func use(_ folder: TemporaryFolder) async throws {
        let ledger = try Ledger(at: folder.location, mustExist: true)
        defer { ledger.close() }
        _ = try await ledger.events.accept(
            .sample("large", payload: "\"" + String(repeating: "x", count: 70_000) + "\""),
            policy: AcceptancePolicy(actor: "test"), now: start)
        _ = try await ledger.upkeep.keepHouse(
            RetentionPlan(rawMessages: .seconds(86_400), policy: "test"), actor: "retention", now: start)
    }
}
