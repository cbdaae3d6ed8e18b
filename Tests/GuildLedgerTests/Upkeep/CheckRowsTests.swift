import GuildDomain
import Testing

@testable import GuildLedger

/// The rows that SQLite finds no fault with and that nobody can read.
@Suite(.timeLimit(.minutes(5))) struct CheckRowsTests {
    private static let damages = [
        ("events SET attributes = '{{' WHERE seq = 1", "event "),
        ("events SET containers = 'x' WHERE seq = 1", "event "),
        ("decisions SET reasons = 'nope'", "a decision of rule agents/ranger#0"),
        ("decisions SET invocation = x'01'", "decision 1"),
        ("invocations SET root = x'00'", "invocation "),
        ("actions SET arguments = '{'", "action "),
        ("accounts SET minute = x'01' WHERE name = 'agent/ranger'", "account "),
    ]

    @Test(arguments: damages)
    func `check and backup name a row that cannot be read`(change: String, name: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.furnish()
            try folder.damage("UPDATE \(change)")
            let finding = try #require(try await ledger.upkeep.check(now: start).first { $0.part == .rows })
            #expect(finding.status == .failed)
            #expect(finding.problems.count == 1)
            #expect(finding.problems.first?.contains(name) == true)
            let contents = try await ledger.upkeep.backup(to: folder.path + "/backup")
            #expect(contents.damagedRows == finding.problems)
            #expect(contents.damagedRowCount == 1)
        }
    }

    @Test func `a backup names the rows whose event is gone, as the check does`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await ledger.furnish()
            try folder.damage("DELETE FROM events WHERE body_ref IS NULL")
            let finding = try #require(try await ledger.upkeep.check(now: start).first { $0.part == .foreignKeys })
            #expect(finding.problems.contains { $0.contains("names a missing row of events") })
            let contents = try await ledger.upkeep.backup(to: folder.path + "/backup")
            #expect(Array(contents.damagedRows.prefix(finding.problems.count)) == finding.problems)
        }
    }

    @Test func `the problems that are not listed are counted, and a manifest says so`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            for number in 0..<25 {
                _ = try await ledger.events.accept(
                    .sample("\(number)"), policy: AcceptancePolicy(actor: "test"), now: start)
            }
            try folder.damage("UPDATE events SET body = x'01', attributes = '{{'")
            let findings = try await ledger.upkeep.check(now: start).filter { $0.status != .ok }
            #expect(findings.map(\.part) == [.rows, .bodies])
            #expect(findings.map(\.problems.count) == [20, 20])
            #expect(findings.map(\.more) == [5, 5])
            let contents = try await ledger.upkeep.backup(to: folder.path + "/backup")
            #expect(contents.damagedRows.count == 20)
            #expect(contents.damagedRowCount == 50)
            #expect(try BackupFolder.contents(of: folder.path + "/backup") == contents)
        }
    }
}
