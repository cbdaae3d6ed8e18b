import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// What a damaged file, or somebody else's program, leaves in the ledger.
@Suite struct DamageTests {
    /// Stored payloads that nobody can read.
    private static let bodies = [
        "x'02616263'", "x'01'", "x'0128B52FFD0000'", "CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB)",
    ]

    @Test(arguments: bodies)
    func `a payload that cannot be read is the fault of its event, which has a name`(body: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let text = "{\"text\": \"" + String(repeating: "a long payload. ", count: 50) + "\"}"
            let event = Event.sample("damaged", payload: text)
            _ = try await ledger.events.accept(event, policy: AcceptancePolicy(actor: "test"), now: start)
            try folder.damage("UPDATE events SET body = \(body)")
            let fault = await #expect(throws: RowFault.self) { try await ledger.events.find(event.id) }
            #expect(fault?.message.contains("event \(event.id)") == true)
            #expect(fault?.message.contains("table 'events'") == true)
            let message = try #require(try await ledger.dispatch.inbound(limit: 1, now: start).first)
            #expect(message.damage == fault?.message)
            // A person is shown the rest of it.
            let shown = try #require(try await ledger.events.shown(event.id))
            #expect(shown.event.type == event.type)
            #expect(shown.event.payload.isEmpty)
            #expect(shown.damage == [try #require(fault).message])
            let found = try await ledger.upkeep.check(now: start).first { $0.part == .bodies }
            #expect(found?.status == .failed)
            #expect(found?.problems == [try #require(fault).message])
        }
    }

    @Test func `a payload that another one has replaced is found by the digest of its acceptance`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            _ = try await ledger.events.accept(
                .sample("changed"), policy: AcceptancePolicy(actor: "test"), now: start)
            #expect(try await ledger.upkeep.check(now: start).allSatisfy { $0.status == .ok })
            try folder.damage("UPDATE events SET body = x'005B5D'")
            let problems = try await ledger.upkeep.check(now: start).flatMap(\.problems)
            #expect(problems.count == 1)
            #expect(problems.first?.contains("is not the one that the audit log says was accepted") == true)
        }
    }

    @Test func `a damaged answer is found`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker)
            #expect(try await ledger.upkeep.check(now: start).allSatisfy { $0.status == .ok })
            try folder.damage("UPDATE turns SET delta = x'0203'")
            let problems = try await ledger.upkeep.check(now: start).flatMap(\.problems)
            #expect(problems.count == 1)
            #expect(problems.first?.hasPrefix("turn 1 of \(invocation.id): ") == true)
        }
    }

    @Test(arguments: ["invocations SET affinity = x'61'", "actions SET affinity = x'7171'"])
    func `an owner that is nobody is let go of`(damage: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            try await ledger.queue("b")
            try folder.damage("UPDATE \(damage)")
            #expect(try await ledger.invocations.recoveryNeed(worker: worker, now: start) == .now)
            _ = try await ledger.invocations.recover(except: worker, now: start)
            #expect(try await ledger.invocations.recoveryNeed(worker: worker, now: start) != .now)
            #expect(try await ledger.actions.claimOne(root: nil, worker: worker, now: start) != nil)
            #expect(try await ledger.invocations.claimOne(ClaimScope(), worker: worker, now: start) != nil)
        }
    }

    @Test func `a value that leads to one which the schema refuses is the fault of its row`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try folder.damage("UPDATE invocations SET input = 9223372036854775807")
            let fault = await #expect(throws: RowFault.self) { try await ledger.turn(of: invocation, worker) }
            #expect(fault?.message.contains("a change of it is refused") == true)
        }
    }

    @Test func `a damaged action that waits for a person hides no other, and its end wakes its run`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let calls: [ToolCall] = [
                .write(0, name: "w", autonomy: .approve), .write(1, name: "v", autonomy: .approve),
            ]
            try await ledger.turn(of: invocation, worker, calls: calls)
            try folder.damage("UPDATE actions SET arguments = '{bad' WHERE position = 0")
            let (whole, damaged) = try await ledger.actions.awaitingApproval()
            #expect(whole.map(\.action.position) == [1])
            #expect(damaged.count == 1)
            let one = try #require(damaged.first)
            try await ledger.actions.failDamaged(one.id, one.fault, now: start)
            #expect(try await ledger.actions.awaitingApproval().damaged.isEmpty)
            #expect(
                try await ledger.count("SELECT count(*) FROM tool_calls WHERE state = 'done' AND is_error = 1") == 1)
            let last = try #require(whole.first?.action)
            _ = try await ledger.actions.decide(
                last.id, approve: false, actor: "user:a", reason: "no", waitUntil: start, now: start)
            #expect(try await ledger.invocations.find(invocation.id)?.state == .queued)
        }
    }

    // MARK: Opening

    @Test(arguments: [0, 1, 511])
    func `a ledger that was emptied is not begun anew`(bytes: Int) async throws {
        let folder = try TemporaryFolder()
        let location = folder.location
        let ledger = try Ledger(at: location)
        try await ledger.queue("one")
        ledger.close()
        for file in [location.walPath, location.path + "-shm"] { unlink(file) }
        #expect(truncate(location.path, bytes) == 0)
        for mustExist in [true, false] {
            let failure = #expect(throws: LedgerFailure.self) { try Ledger(at: location, mustExist: mustExist) }
            #expect(failure?.message.contains("the file is empty") == true)
        }
        #expect(DurableFile.size(of: location.path) == Int64(bytes))
    }

    @Test func `an empty file that a crash left before there were tables becomes a ledger, not by a reading command`()
        async throws
    {
        let folder = try TemporaryFolder()
        #expect(FileManager.default.createFile(atPath: folder.location.path, contents: nil))
        #expect(throws: LedgerFailure.self) { try Ledger(at: folder.location, mustExist: true) }
        let ledger = try Ledger(at: folder.location)
        defer { ledger.close() }
        try await ledger.queue("one")
    }

    @Test func `another program's database is refused as it is, and nothing is made beside it`() throws {
        let folder = try TemporaryFolder()
        let location = folder.location
        let other = try SQLiteConnection(path: location.path)
        try other.script("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        other.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: location.path))
        let failure = #expect(throws: LedgerFailure.self) { try Ledger(at: location, mustExist: true) }
        #expect(failure?.message.contains("not a ledger of guild") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: location.path)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: location.folder).count == 1)
        try Data("# A text that is long enough to be no empty file\n".utf8 + [UInt8](repeating: 0x2E, count: 600))
            .write(to: URL(fileURLWithPath: location.path))
        #expect(throws: LedgerFailure.notALedger(path: location.path)) { try Ledger(at: location) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: location.folder).count == 1)
    }
}

extension TemporaryFolder {
    /// Writes what neither guild nor the schema would.
    fileprivate func damage(_ statement: String) throws {
        try rawConnection(droppingTriggers: false).script("PRAGMA ignore_check_constraints = ON; \(statement)")
    }
}
