import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct RunListTests {
    private func ids(_ filter: RunFilter = RunFilter(), limit: Int = 10, in ledger: Ledger) async throws
        -> [InvocationID]
    {
        try await ledger.reports.runs(filter, limit: limit).map(\.id)
    }

    @Test func `runs are listed by state, agent, chain and time, the newest first`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let first = try await ledger.running("first", worker).id
            let second = try await ledger.queue("second", agent: "bard", at: start + .seconds(60))
            let third = try await ledger.queue("third", at: start + .seconds(120))
            _ = try await ledger.invocations.requestCancel(third, actor: "user:ada", now: start + .seconds(130))

            #expect(try await ids(in: ledger) == [second, first])
            #expect(try await ids(limit: 1, in: ledger) == [second])
            let all = InvocationState.allCases
            #expect(try await ids(RunFilter(states: all), in: ledger) == [third, second, first])
            #expect(try await ids(RunFilter(states: [.cancelled]), in: ledger) == [third])
            #expect(try await ids(RunFilter(states: [.awakening, .active]), in: ledger) == [first])
            #expect(try await ids(RunFilter(agent: "bard"), in: ledger) == [second])
            #expect(try await ids(RunFilter(states: all, agent: "ranger"), in: ledger) == [third, first])
            #expect(try await ids(RunFilter(root: Event.sample("first").id), in: ledger) == [first])
            #expect(try await ids(RunFilter(states: all, since: start + .seconds(60)), in: ledger) == [third, second])
            #expect(
                try await ids(RunFilter(agent: "ranger", since: start + .seconds(60)), in: ledger) == [])
        }
    }

    @Test func `a damaged run hides itself alone`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let damaged = try await ledger.queue("damaged")
            let sound = try await ledger.queue("sound", agent: "bard")
            try folder.damage("UPDATE invocations SET priority = 9 WHERE agent = 'ranger'")
            #expect(damaged != sound)
            #expect(try await ids(in: ledger) == [sound])
        }
    }
}
