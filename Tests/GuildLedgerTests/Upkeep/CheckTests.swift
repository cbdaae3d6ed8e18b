import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct CheckTests {
    /// The parts that are not ok after a stranger did something to the file.
    private func findings(
        after change: (Ledger, TemporaryFolder) async throws -> Void
    ) async throws -> [LedgerFinding.Part: LedgerFinding] {
        var found: [LedgerFinding] = []
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.furnish()
            try await change(ledger, folder)
            found = try await ledger.upkeep.check(now: start).filter { $0.status != .ok }
        }
        return Dictionary(found.map { ($0.part, $0) }) { first, _ in first }
    }

    private func sql(_ statements: String) async throws -> [LedgerFinding.Part: LedgerFinding] {
        var found = try await findings { _, folder in
            try folder.rawConnection().script(statements)
        }
        // That connection has dropped the triggers that refuse such statements.
        #expect(found.removeValue(forKey: .schema)?.problems.contains("the trigger audit_kept is missing") == true)
        return found
    }

    @Test(arguments: [
        ("DROP TRIGGER postings_kept", "the trigger postings_kept is missing"),
        (
            "CREATE TRIGGER quiet AFTER INSERT ON audit BEGIN SELECT 1; END",
            "the trigger quiet is not one of guild's"
        ),
        ("CREATE TABLE other (x)", "the table other is not one of guild's"),
        ("ALTER TABLE events ADD COLUMN mine TEXT", "the table events differs from guild's"),
    ])
    func `a schema that is not what guild makes is found, and no copy of it taken`(
        statement: String, problem: String
    ) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.furnish()
            try folder.rawConnection(droppingTriggers: false).script(statement)
            let found = try await ledger.upkeep.check(now: start).filter { $0.status != .ok }
            #expect(found.map(\.part) == [.schema])
            #expect(found.first?.problems == [problem])
            let failure = await #expect(throws: BackupFailure.self) {
                try await UpkeepLedger.verified(folder.location, of: "here")
            }
            #expect(failure?.message.contains(problem) == true)
        }
    }

    @Test func `a ledger in order has nothing but good to say`() async throws {
        #expect(try await findings { _, _ in }.isEmpty)
    }

    @Test func `an audit entry that was changed is found`() async throws {
        let found = try await sql("UPDATE audit SET subject = 'x' WHERE seq = 3")
        #expect(found.keys.map(\.rawValue) == ["audit"])
        #expect(found[.audit]?.problems == ["entry 3: a column was changed"])
        #expect(found[.audit]?.status == .failed)
    }

    @Test func `a row that names none is found`() async throws {
        let found = try await sql("DELETE FROM invocations")
        #expect(found[.foreignKeys]?.status == .failed)
        #expect(found[.foreignKeys]?.problems.first?.contains("invocations") == true)
    }

    @Test func `a counter of the books that its entries do not add up to is found`() async throws {
        let found = try await sql("UPDATE accounts SET used = used + 1 WHERE name = 'agent/ranger'")
        #expect(found[.books]?.problems.first?.hasPrefix("agent/ranger") == true)
    }

    @Test func `an index that does not fit its table is found`() async throws {
        let found = try await findings { _, folder in
            try folder.rawConnection().script(
                """
                PRAGMA writable_schema = ON;
                UPDATE sqlite_master SET sql = replace(sql, 'seq', 'time') WHERE name = 'events_retained';
                PRAGMA writable_schema = RESET
                """)
        }
        #expect(found[.integrity]?.status == .failed)
    }

    @Test(arguments: [true, false]) func `a body that is gone or was changed is found`(isGone: Bool) async throws {
        let found = try await findings { ledger, _ in
            let file = try #require(ledger.bodies.files().first).path
            try FileManager.default.removeItem(atPath: file)
            if !isGone { try Data("other".utf8).write(to: URL(fileURLWithPath: file)) }
        }
        #expect(found[.bodies]?.status == .failed)
        #expect(found[.bodies]?.problems.count == 1)
    }

    @Test func `a file that no row names is only a note`() async throws {
        let found = try await findings { ledger, _ in
            _ = try ledger.bodies.store(Array(Ledger.large("z").utf8))
        }
        #expect(found[.bodies]?.status == .note)
        #expect(found.count == 1)
    }
}
