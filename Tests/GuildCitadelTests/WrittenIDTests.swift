import GuildDomain
import GuildLedger
import GuildOffice
import Testing

@testable import GuildControl

/// Every id may be shortened to a beginning that only one has.
@Suite(.timeLimit(.minutes(1))) struct WrittenIDTests {
    @Test func `an id is found by its beginning, in letters of any case, among the kinds that are meant`() async throws
    {
        let office = try Office()
        let id = try await office.queue()
        let (run, event) = (id.description, try await office.invocation(id).event.description)
        let common = zip(run, event).prefix { $0 == $1 }.count
        let short = String(run.prefix(common + 1))
        #expect(try await WrittenID.resolve(run.lowercased(), in: office.ledger.reports) == run)
        #expect(try await WrittenID.invocation(short.lowercased(), in: office.ledger.reports) == id)
        #expect(try await WrittenID.find(short, of: [.event], in: office.ledger.reports) == nil)
        // Of one kind alone less is enough.
        #expect(try await WrittenID.find(String(run.prefix(1)), of: [.invocation], in: office.ledger.reports) == run)
    }

    @Test func `a beginning of several and one of none are refused, each with what helps`() async throws {
        let office = try Office()
        var ids: [String] = []
        // More than there are first letters.
        for number in 0..<9 { ids.append(try await office.queue("event \(number)").description) }
        let firsts = Dictionary(grouping: ids, by: { String($0.prefix(1)) })
        let shared = try #require(firsts.first { $0.value.count > 1 })
        let several = await #expect(throws: Failure.self) {
            try await WrittenID.invocation(shared.key, in: office.ledger.reports)
        }
        #expect(several?.kind == .usage)
        #expect(several?.message == "several invocations begin with '\(shared.key)'")
        #expect(several?.hint?.contains(shared.value.sorted()[0]) == true)
        let none = await #expect(throws: Failure.self) { try await WrittenID.action("01", in: office.ledger.reports) }
        #expect(none?.message == "there is no action '01' in the ledger")
    }
}
