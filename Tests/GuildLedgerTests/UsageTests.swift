import GRDB
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct UsageTests {
    /// Turns of two agents over three hours, with losses and an estimate.
    private func spend(_ ledger: Ledger) async throws {
        let worker = try await ledger.worker()
        for number in 0..<12 {
            let now = start + .seconds(number * 900)
            try await ledger.queue("\(number)", agent: number.isMultiple(of: 3) ? "healer" : "ranger", at: now)
            let invocation = try #require(try await ledger.claim(worker, now: now))
            let usage = TokenUsage(
                input: Int64(number), cacheRead: 7, cacheWrite: Int64(number % 2), output: 30,
                reasoning: Int64(number * 2))
            try await ledger.turn(1, of: invocation, worker, usage: number == 5 ? nil : usage, now: now)
            if number == 7 {
                let plan = TurnPlan.sample(2, of: invocation)
                let lost = try await ledger.beginTurn(plan, of: invocation, worker: worker, now: now)
                try await ledger.markSent(lost, of: invocation)
            }
            try await ledger.finish(invocation, as: .failed, outcome: "enough", now: now)
        }
    }

    private let end = start + .seconds(12 * 900)

    @Test func `the roll-ups equal what the postings say`() async throws {
        try await withLedger { ledger async throws in
            try await spend(ledger)
            for grouping in [UsageGrouping.agent, .chapter, .model, .day] {
                let lines = try await ledger.usage(by: grouping, since: start, until: end)
                let sum = lines.reduce(TokenUsage.zero) { $0 + $1.usage }
                let books = try await ledger.read { db in
                    try Row.fetchAll(
                        db,
                        sql: "SELECT book, sum(tokens), sum(cost) FROM postings WHERE book GLOB 'spent:*' GROUP BY 1"
                    )
                    .reduce(into: [String: (Int64, Int64)]()) { $0[$1[0]] = ($1[1], $1[2]) }
                }
                #expect(sum.input == books["spent:input"]?.0)
                #expect(sum.cacheRead == books["spent:cache_read"]?.0)
                #expect(sum.cacheWrite == books["spent:cache_write"]?.0)
                #expect(sum.output == books["spent:output"]?.0)
                #expect(sum.reasoning == books["spent:reasoning"]?.0)
                #expect(lines.reduce(0) { $0 + $1.costMicrodollars } == books["spent:cost"]?.1)
                #expect(lines.reduce(0) { $0 + $1.calls } == 13)
                #expect(lines.reduce(0) { $0 + $1.estimatedTokens } == 2200)
            }
            for name in ["agent/ranger", "agent/healer"] {
                let account = try #require(try await ledger.account(name))
                let line = try await ledger.usage(by: .agent, since: start, until: end).first {
                    "agent/" + $0.name == name
                }
                #expect(line?.tokens == account.used)
                #expect(line?.costMicrodollars == account.usedCost)
                #expect(account.reserved == 0)
            }
            #expect(try await ledger.unbalancedEntries() == 0)
        }
    }

    @Test func `roots have totals of their own`() async throws {
        try await withLedger { ledger async throws in
            try await spend(ledger)
            let roots = try await ledger.usage(by: .root, since: start, until: end)
            let agents = try await ledger.usage(by: .agent, since: start, until: end)
            #expect(roots.count == 12)
            #expect(roots.reduce(0) { $0 + $1.tokens } == agents.reduce(0) { $0 + $1.tokens })
            #expect(roots.map(\.tokens) == roots.map(\.tokens).sorted(by: >))
        }
    }

    @Test func `a span is rounded outwards to whole hours`() async throws {
        try await withLedger { ledger async throws in
            let hour = Timestamp(seconds: 1_790_000_000 / 3600 * 3600)
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, now: hour + .seconds(3599))
            func calls(_ since: Timestamp, _ until: Timestamp) async throws -> Int64 {
                try await ledger.usage(by: .agent, since: since, until: until).reduce(0) { $0 + $1.calls }
            }
            #expect(try await calls(hour, hour + .microseconds(1)) == 1)
            #expect(try await calls(hour + .seconds(3599), hour + .seconds(3600)) == 1)
            #expect(try await calls(hour + .seconds(3600), hour + .seconds(7200)) == 0)
            #expect(try await calls(hour - .seconds(3600), hour) == 0)
            #expect(try await calls(Timestamp(microseconds: .min), Timestamp(microseconds: .max)) == 1)
        }
    }

    @Test func `days are in order, agents by what they spent`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            for (number, agent) in ["ranger", "healer", "healer"].enumerated() {
                let now = start + .seconds(number * 86_400)
                try await ledger.queue("\(number)", agent: agent, at: now)
                try await ledger.turn(
                    of: try #require(try await ledger.claim(worker, now: now)), worker, now: now)
            }
            let until = start + .seconds(4 * 86_400)
            #expect(try await ledger.usage(by: .agent, since: start, until: until).map(\.name) == ["healer", "ranger"])
            #expect(
                try await ledger.usage(by: .day, since: start, until: until).map(\.name) == [
                    "2026-09-21", "2026-09-22", "2026-09-23",
                ])
        }
    }
}
