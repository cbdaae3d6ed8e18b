import GuildDomain
import Testing

@testable import GuildLedger

/// What a backtest reads.
@Suite struct RecordedEventsTests {
    /// Ten events, a thousand seconds apart.
    private func record(_ ledger: Ledger) async throws {
        for number in 0..<10 {
            let event = Event.sample("\(number)", payload: "{\"n\":\(number)}")
            _ = try await ledger.events.accept(
                event, policy: AcceptancePolicy(actor: "tester"), now: start + .seconds(1000 * number))
        }
    }

    private func numbers(_ ledger: Ledger, since: Timestamp, after: Int64 = 0, limit: Int = 99) async throws -> [Int64]
    {
        try await ledger.reports.recordedEvents(since: since, after: after, limit: limit).map(\.seq)
    }

    @Test func `pages begin at the instant asked for and go on behind the last`() async throws {
        try await withLedger { ledger async throws in
            #expect(try await numbers(ledger, since: start) == [])
            try await record(ledger)
            #expect(try await numbers(ledger, since: Timestamp(microseconds: .min)) == Array(1...10))
            #expect(try await numbers(ledger, since: start + .seconds(3000)) == Array(4...10))
            #expect(try await numbers(ledger, since: start + .seconds(3001)) == Array(5...10))
            #expect(try await numbers(ledger, since: start + .seconds(3001), limit: 2) == [5, 6])
            #expect(try await numbers(ledger, since: start + .seconds(3001), after: 6, limit: 2) == [7, 8])
            #expect(try await numbers(ledger, since: start + .seconds(9001)) == [])
            #expect(try await numbers(ledger, since: Timestamp(microseconds: .max)) == [])
        }
    }

    @Test func `the first event is found by halving, whatever retention has taken between`() async throws {
        try await withLedger { ledger async throws in
            try await record(ledger)
            try await ledger.write { db in
                try db.run("DELETE FROM messages")
                try db.run("DELETE FROM events WHERE seq IN (1, 4, 5, 6, 9)")
            }
            // Of 2, 3, 7, 8, 10: a step of the clock by less than a minute back is looked at too.
            let places: [(after: Int64, seconds: Int64, left: [Int64])] = [
                (1, 1000, [2, 3, 7, 8, 10]), (2, 1001, [3, 7, 8, 10]), (6, 2001, [7, 8, 10]), (9, 7001, [10]),
                (10, 9001, []),
            ]
            for place in places {
                let since = start + .seconds(place.seconds)
                #expect(try await ledger.read { try $0.dispatch.lastEvent(before: since) } == place.after)
                #expect(try await numbers(ledger, since: since) == place.left)
            }
            #expect(try await ledger.read { try $0.dispatch.lastEvent(before: start + .seconds(7000)) } == 7)
        }
    }

    @Test func `what is damaged is not called erased`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            try await record(ledger)
            try folder.damage("UPDATE events SET body = x'01' WHERE seq = 2")
            let page = try await ledger.reports.recordedEvents(since: start, after: 0, limit: 99)
            #expect(page.filter(\.isDamaged).map(\.seq) == [2])
            #expect(page.filter(\.isErased).isEmpty)
        }
    }

    @Test func `what a run takes in the mean is looked up in an agent's newest runs`() async throws {
        try await withLedger { ledger async throws in
            #expect(try await ledger.reports.meanUse(of: "ranger") == nil)
            try await ledger.write { db in
                try db.events.insert(.sample("e"), body: .inline([]), receivedAt: start)
                for number in 0..<210 {
                    try db.run(
                        """
                        INSERT INTO invocations (id, agent, commit_id, event, root, priority, state, created_at,
                            available_at, ended_at, input, output, cost)
                        VALUES (?, 'ranger', 'c', ?, ?, 2, ?, 0, 0, ?, ?, 1, 7)
                        """,
                        [
                            InvocationID(derivedFrom: ["\(number)"]), Event.sample("e").id, Event.sample("e").root,
                            number < 200 ? "succeeded" : "queued", number < 200 ? start : nil,
                            number < 10 ? 1_000_000 : 9,
                        ])
                }
            }
            let mean = try #require(try await ledger.reports.meanUse(of: "ranger"))
            #expect(mean.tokens == 10)
            #expect(mean.costMicrodollars == 7)
            #expect(mean.runs == 190)
            #expect(try await ledger.reports.meanUse(of: "healer") == nil)
        }
    }
}
