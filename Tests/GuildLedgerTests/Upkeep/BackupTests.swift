import Foundation
import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildLedger

extension Ledger {
    /// An event with a body in a file, one without, and an invocation that waits for an action.
    func furnish() async throws {
        let policy = AcceptancePolicy(actor: "tester")
        _ = try await events.accept(.sample("large", payload: Self.large("x")), policy: policy, now: start)
        _ = try await events.accept(.sample("small"), policy: policy, now: start)
        let worker = try await worker()
        let invocation = try await running("run", worker)
        try await turn(of: invocation, worker, calls: [.write(0, name: "comment")])
        try await workers.unregister(worker, now: start)
    }

    /// A JSON document that is too large for a row.
    static func large(_ letter: Character) -> String { "\"" + String(repeating: letter, count: 70_000) + "\"" }
}

extension UpkeepLedger {
    func backup(to path: String) async throws -> BackupContents {
        try await backup(to: path, version: "test", now: start)
    }
}

extension TemporaryFolder {
    /// A ledger with something in it, closed again.
    func furnished() async throws -> (head: String, backup: String) {
        let ledger = try Ledger(at: location)
        defer { ledger.close() }
        try await ledger.furnish()
        let contents = try await ledger.upkeep.backup(to: path + "/backup")
        return (contents.auditHead, path + "/backup")
    }

    func names(_ folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + folder).sorted()
    }

    func overwrite(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func text(_ name: String) throws -> String {
        try String(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"), encoding: .utf8)
    }
}

@Suite(.timeLimit(.minutes(5))) struct BackupTests {
    @Test func `a backup is a database, its bodies, a manifest and sums that hold`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.furnish()
            let contents = try await ledger.upkeep.backup(to: folder.path + "/backup")
            #expect(try folder.names("/backup") == ["SHA256SUMS", "bodies", "ledger.sqlite", "manifest.json"])
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/backup.partial"))
            let verdict = try await ledger.audit.verify()
            #expect(contents.auditHead == verdict.head)
            #expect(contents.auditEntries == verdict.entries)
            #expect(contents.bodies == 1)
            #expect(contents.damagedBodies == [])
            let sums = try await ChildProcess.run(
                "/usr/bin/env", ["sha256sum", "--check", "--strict", "SHA256SUMS"], directory: folder.path + "/backup")
            #expect(sums.status == 0, "\(sums.output) \(sums.errors)")
            #expect(sums.output.split(separator: "\n").count == 3)
            #expect(try await ledger.upkeep.check(now: start).allSatisfy { $0.status == .ok })
        }
    }

    @Test func `a place that is taken, or not there, is refused`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try folder.overwrite("taken", "a diary")
            await #expect(throws: BackupFailure.exists(path: folder.path + "/taken")) {
                try await ledger.upkeep.backup(to: folder.path + "/taken")
            }
            #expect(try folder.text("taken") == "a diary")
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/taken.partial"))
            let proc = BackupFailure.notWritten(path: "/proc/backup", reason: "No such file or directory")
            await #expect(throws: proc) { try await ledger.upkeep.backup(to: "/proc/backup") }
            await #expect(throws: BackupFailure.noFolder(path: folder.path + "/none/backup")) {
                try await ledger.upkeep.backup(to: folder.path + "/none/backup")
            }
        }
    }

    @Test func `what a killed backup left is taken over, what is under way is not`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let partial = folder.path + "/backup.partial"
            try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
            try folder.overwrite("backup.partial/ledger.sqlite", "half")
            do {
                let other = try FileLock(existing: partial)
                let isFree = other.tryLock()
                #expect(isFree)
                await #expect(throws: BackupFailure.busy(path: folder.path + "/backup")) {
                    try await ledger.upkeep.backup(to: folder.path + "/backup")
                }
                other.unlock()
            }
            _ = try await ledger.upkeep.backup(to: folder.path + "/backup")
            #expect(try folder.names("/backup") == ["SHA256SUMS", "bodies", "ledger.sqlite", "manifest.json"])
        }
    }

    @Test func `a chain that does not hold is not backed up`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.furnish()
            try folder.rawConnection().script("UPDATE audit SET actor = 'nobody' WHERE seq = 2")
            let failure = await #expect(throws: BackupFailure.self) {
                try await ledger.upkeep.backup(to: folder.path + "/backup")
            }
            #expect(failure?.message.contains("audit entry 2: a column was changed") == true)
            #expect(failure?.kind == .failed)
            #expect(try !folder.names().contains { $0.hasPrefix("backup") })
        }
    }

    @Test func `a body that is gone is named, and the rest is backed up`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.furnish()
            let digest = ContentDigest.hex(of: Array(Ledger.large("x").utf8))
            try FileManager.default.removeItem(atPath: ledger.bodies.path(of: digest))
            let contents = try await ledger.upkeep.backup(to: folder.path + "/backup")
            #expect(contents.damagedBodies == [digest])
            #expect(contents.bodies == 0)
        }
    }

    @Test func `a damaged payload in a row is named as the check names it, and the rest is backed up`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.furnish()
            let whole = try await ledger.upkeep.backup(to: folder.path + "/whole")
            #expect(whole.damagedRows == [])
            try folder.rawConnection(droppingTriggers: false).script(
                "PRAGMA ignore_check_constraints = ON; UPDATE events SET body = x'01' WHERE body_ref IS NULL")
            let contents = try await ledger.upkeep.backup(to: folder.path + "/backup")
            let found = try await ledger.upkeep.check(now: start).first { $0.part == .bodies }
            #expect(!contents.damagedRows.isEmpty)
            #expect(contents.damagedRows == found?.problems)
            #expect(contents.bodies == whole.bodies)
        }
    }

    @Test(arguments: [
        "accounts SET day_used = -5", "actions SET autonomy = 9", "codex_heads SET accepted = 7",
        "secret_pairs SET state = 'xx'",
    ])
    func `a row that breaks a check of the schema is named, and the rest is backed up and restored`(
        change: String
    ) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.furnish()
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("acting", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            try await ledger.codex.recordHead(
                commit: "c0ffee", accepted: true, problems: [], actor: "serve", now: start)
            let pair = SecretPair(reference: "env://A", use: SecretUse(.verify, else: "webhooks/github/a"))
            _ = try await ledger.secrets.meet([pair], of: "c0ffee", on: .serve, actor: "serve", now: start)
            try folder.damage("UPDATE \(change)")
            let contents = try await ledger.upkeep.backup(to: folder.path + "/backup")
            #expect(contents.damagedRowCount > 0)
            let table = try #require(change.split(separator: " ").first)
            #expect(contents.damagedRows.contains("CHECK constraint failed in \(table)"))
            let place = LedgerLocation(path: folder.path + "/restored/ledger.sqlite")
            _ = try await LedgerRestore(from: folder.path + "/backup", to: place)
                .run(force: false, actor: "user:a", now: start)
            let restored = try Ledger(at: place, mustExist: true)
            defer { restored.close() }
            #expect(try await restored.audit.verify().problem == nil)
        }
    }

    @Test func `backups that are made while others write are whole, each of one instant`() async throws {
        try await withTwoLedgers { one, two async throws in
            let folder = try TemporaryFolder()
            let policy = AcceptancePolicy(actor: "tester")
            let writers = Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (lane, ledger) in [one, two, one, two].enumerated() {
                        group.addTask {
                            for number in 0..<150 {
                                let payload = number % 50 == 0 ? Ledger.large(Character("\(lane)")) : "{}"
                                let event = Event.sample("\(lane) \(number)", payload: payload)
                                _ = try await ledger.events.accept(event, policy: policy, now: start)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            var seen: [Int64] = []
            for number in 0..<4 {
                let path = folder.path + "/backup-\(number)"
                seen.append(try await one.upkeep.backup(to: path).auditEntries)
                let place = LedgerLocation(path: folder.path + "/restored-\(number)/ledger.sqlite")
                _ = try await LedgerRestore(from: path, to: place).run(force: false, actor: "user:a", now: start)
                let restored = try Ledger(at: place, mustExist: true)
                #expect(try await restored.upkeep.check(now: start).allSatisfy { $0.status == .ok })
                #expect(
                    try await restored.count("SELECT count(*) FROM events")
                        == restored.count("SELECT count(*) FROM audit WHERE kind = 'event.accepted'"))
                restored.close()
            }
            try await writers.value
            #expect(seen == seen.sorted())
            #expect(try await one.count("SELECT count(*) FROM events") == 600)
        }
    }
}
