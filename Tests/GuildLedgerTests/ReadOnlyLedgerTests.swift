import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// A ledger that may only be read.
@Suite struct ReadOnlyLedgerTests {
    private let policy = AcceptancePolicy(actor: "tester")

    private func accept(_ name: String, in ledger: Ledger) async throws {
        _ = try await ledger.events.accept(.sample(name), policy: policy, now: start)
    }

    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    }

    @Test(arguments: ["ledger.sqlite", "odd ?#%41&ä.sqlite"])
    func `without a log it is read as it is, and no file is made or changed`(name: String) async throws {
        let folder = try TemporaryFolder()
        let location = LedgerLocation(path: "\(folder.path)/\(name)")
        let writer = try Ledger(at: location)
        try await accept("a", in: writer)
        writer.close()
        let before = try names(folder.path)
        #expect(!before.contains("\(name)-wal"))
        let reader = try Ledger(readingOnly: location)
        defer { reader.close() }
        #expect(try await reader.events.find(Event.sample("a").id) != nil)
        #expect(try await reader.audit.verify().problem == nil)
        #expect(reader.readingLimits?.contains("as it is now") == true)
        await #expect(throws: LedgerFailure.readOnly(path: location.path)) { try await accept("b", in: reader) }
        #expect(try names(folder.path) == before)
    }

    @Test func `with a log it sees what others write`() async throws {
        try await withLedger { writer async throws in
            try await accept("a", in: writer)
            let reader = try Ledger(readingOnly: writer.location)
            defer { reader.close() }
            #expect(try await reader.events.find(Event.sample("a").id) != nil)
            try await accept("b", in: writer)
            #expect(try await reader.events.find(Event.sample("b").id) != nil)
            #expect(reader.readingLimits?.contains("only read") == true)
            #expect(writer.readingLimits == nil)
        }
    }

    @Test func `what is missing, no ledger or of another version is refused, and nothing is made`() async throws {
        let folder = try TemporaryFolder()
        #expect(throws: LedgerFailure.missing(path: folder.location.path)) {
            _ = try Ledger(readingOnly: folder.location)
        }
        try SQLiteConnection(path: folder.location.path).script("CREATE TABLE theirs (n)")
        #expect(throws: LedgerFailure.notALedger(path: folder.location.path)) {
            _ = try Ledger(readingOnly: folder.location)
        }
        try SQLiteConnection(path: folder.location.path).script(
            "CREATE TABLE schema_versions (version INTEGER); INSERT INTO schema_versions VALUES (999)")
        #expect(throws: LedgerFailure.newerVersion(path: folder.location.path)) {
            _ = try Ledger(readingOnly: folder.location)
        }
        #expect(try names(folder.path) == ["ledger.sqlite"])
    }
}
