import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct AuditLogTests {
    private func entries(_ ledger: Ledger) async throws {
        for number in 1...9 {
            try await ledger.audit.append(
                AuditEntry(
                    at: start + .seconds(number), actor: "a",
                    kind: number.isMultiple(of: 3) ? .toolCalled : .modelCalled,
                    subject: "s\(number % 2)", root: Event.sample("root\(number % 4)").id.description,
                    body: ["agent": number > 5 ? "healer" : "ranger"]))
        }
    }

    private func seqs(_ ledger: Ledger, _ change: (inout AuditFilter) -> Void) async throws -> [Int64] {
        var filter = AuditFilter()
        change(&filter)
        return try await ledger.audit.log(filter).map(\.seq)
    }

    @Test func `each filter lets through what it says, and they go together`() async throws {
        try await withLedger { ledger async throws in
            try await entries(ledger)
            #expect(try await seqs(ledger) { _ in } == Array(1...9))
            #expect(try await seqs(ledger) { $0.kind = "tool.*" } == [3, 6, 9])
            #expect(try await seqs(ledger) { $0.agent = "healer" } == [6, 7, 8, 9])
            #expect(try await seqs(ledger) { $0.subject = "s0" } == [2, 4, 6, 8])
            #expect(try await seqs(ledger) { $0.root = Event.sample("root1").id } == [1, 5, 9])
            #expect(try await seqs(ledger) { $0.since = start + .seconds(8) } == [8, 9])
            #expect(try await seqs(ledger) { $0.after = 7 } == [8, 9])
            #expect(try await seqs(ledger) { ($0.kind, $0.agent) = ("tool.called", "healer") } == [6, 9])
            #expect(try await seqs(ledger) { $0.agent = "nobody" } == [])
        }
    }

    @Test func `a limit takes the first ones, or the newest in their order`() async throws {
        try await withLedger { ledger async throws in
            try await entries(ledger)
            #expect(try await seqs(ledger) { $0.limit = 3 } == [1, 2, 3])
            #expect(try await seqs(ledger) { ($0.limit, $0.newestFirst) = (3, true) } == [7, 8, 9])
            #expect(try await seqs(ledger) { ($0.after, $0.limit, $0.newestFirst) = (8, 3, true) } == [9])
            #expect(try await seqs(ledger) { $0.limit = -1 } == [])
            #expect(try await seqs(ledger) { $0.after = .max } == [])
            #expect(try await seqs(ledger) { $0.after = .min } == Array(1...9))
        }
    }

    @Test func `a rare match is found through any number of windows`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await entries(ledger)
            // Entries far apart stand for the many between them.
            try folder.rawConnection().script(
                "UPDATE audit SET seq = seq * 1000000; UPDATE audit_bodies SET seq = seq * 1000000")
            #expect(try await seqs(ledger) { $0.kind = "tool.called" } == [3_000_000, 6_000_000, 9_000_000])
            #expect(
                try await seqs(ledger) { ($0.kind, $0.newestFirst) = ("tool.called", true) } == [
                    3_000_000, 6_000_000, 9_000_000,
                ])
        }
    }

    @Test func `a damaged entry is still listed`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await entries(ledger)
            try folder.rawConnection().script(
                """
                UPDATE audit SET at = 'noon', actor = x'FF' WHERE seq = 2;
                UPDATE audit_bodies SET body = x'7B' WHERE seq = 3;
                DELETE FROM audit_bodies WHERE seq = 4
                """)
            let records = try await ledger.audit.log(AuditFilter())
            #expect(records.count == 9)
            #expect(records[2].body == nil)
            #expect(records[3].body == nil)
            #expect(try await seqs(ledger) { $0.agent = "ranger" } == [1, 2, 5])
        }
    }
}
