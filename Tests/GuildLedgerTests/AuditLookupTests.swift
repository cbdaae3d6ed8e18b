import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct AuditLookupTests {
    @Test func `ids are found by their beginnings`() async throws {
        try await withLedger { ledger async throws in
            let invocation = try await ledger.queue("one").description
            let event = Event.sample("one").id.description
            for id in [invocation, event] {
                #expect(try await ledger.reports.ids(beginningWith: id, limit: 5).map(\.description) == [id])
                #expect(
                    try await ledger.reports.ids(beginningWith: String(id.prefix(12)), limit: 5).map(\.description) == [
                        id
                    ])
            }
            for text in ["", "!", id(invocation, plus: "0"), "ÄÖÜ", "99999999"] {
                #expect(try await ledger.reports.ids(beginningWith: text, limit: 5) == [], "\(text)")
            }
            for number in 0..<40 { try await ledger.queue("more\(number)") }
            let crowd = try await (0...7).asyncSum {
                try await ledger.reports.ids(beginningWith: "\($0)", limit: 3).count
            }
            #expect(crowd >= 10)
            #expect(try await ledger.reports.recentIDs().count == 82)
        }
    }

    private func id(_ id: String, plus more: String) -> String { id + more }
}

extension ClosedRange<Int> {
    fileprivate func asyncSum(_ body: (Int) async throws -> Int) async rethrows -> Int {
        var sum = 0
        for number in self { sum += try await body(number) }
        return sum
    }
}
