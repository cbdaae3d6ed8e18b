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
                _ = try await ledger.invocations.beginTurn(
                    plan, of: invocation, worker: worker, isSending: true, now: now)
            }
            try await ledger.invocations.end(invocation, as: .failed, outcome: "enough", now: now)
        }
    }

    private let end = start + .seconds(12 * 900)

    @Test func `the roll-ups equal what the postings say`() async throws {
        try await withLedger { ledger async throws in
            try await spend(ledger)
            for grouping in [UsageGrouping.agent, .chapter, .model, .day, .root] {
                let lines = try await ledger.reports.usage(by: grouping, since: start, until: end)
                let sum = lines.reduce(TokenUsage.zero) { $0 + $1.usage }
                let books = try await ledger.read { db in
                    var books: [String: (Int64, Int64)] = [:]
                    try db.each(
                        "SELECT book, sum(tokens), sum(cost) FROM postings WHERE book LIKE 'spent:%' GROUP BY book"
                    ) { row in books[try row[0]] = (try row[1], try row[2]) }
                    return books
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
                let account = try #require(try await ledger.budgets.account(name))
                let line = try await ledger.reports.usage(by: .agent, since: start, until: end).first {
                    "agent/" + $0.name == name
                }
                #expect(line?.tokens == account.used)
                #expect(line?.costMicrodollars == account.usedCost)
                #expect(account.reserved == 0)
            }
            #expect(try await ledger.unbalancedEntries() == 0)
        }
    }

    @Test func `a root counts in the hours in which it spent`() async throws {
        try await withLedger { ledger async throws in
            try await spend(ledger)
            let roots = try await ledger.reports.rootUsage(since: start, until: end)
            #expect(roots.count == 12)
            #expect(roots.lines.count == 12)
            #expect(roots.lines.map(\.tokens) == roots.lines.map(\.tokens).sorted(by: >))
            let first = try await ledger.reports.rootUsage(since: start, until: start + .microseconds(1))
            let agents = try await ledger.reports.usage(by: .agent, since: start, until: start + .microseconds(1))
            #expect(first.count < 12)
            #expect(first.lines.reduce(0) { $0 + $1.tokens } == agents.reduce(0) { $0 + $1.tokens })
        }
    }

    @Test func `hours add up to the same as agents, and know when the first was`() async throws {
        try await withLedger { ledger async throws in
            try await spend(ledger)
            let hours = try await ledger.reports.hourlyUsage(since: start, until: end)
            let byAgent = try await ledger.reports.agentHours(since: start, until: end, limit: 1000)
            let agents = try await ledger.reports.usage(by: .agent, since: start, until: end)
            let total = agents.reduce(0) { $0 + $1.tokens }
            #expect(hours.map(\.line.tokens).reduce(0, +) == total)
            #expect(byAgent.map(\.tokens).reduce(0, +) == total)
            #expect(hours.map(\.at) == hours.map(\.at).sorted())
            #expect(agents.map(\.firstHour).min() == hours.first?.at)
            #expect(hours.first?.at == Timestamp(seconds: start.seconds / 3600 * 3600))
            let last = try #require(hours.last?.at)
            let newest = try await ledger.reports.agentHours(since: start, until: last + .seconds(3600), limit: 1)
            #expect(newest.map(\.at).min() == last)
        }
    }

    @Test func `a span is rounded outwards to whole hours`() async throws {
        try await withLedger { ledger async throws in
            let hour = Timestamp(seconds: 1_790_000_000 / 3600 * 3600)
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, now: hour + .seconds(3599))
            func calls(_ since: Timestamp, _ until: Timestamp) async throws -> Int64 {
                try await ledger.reports.usage(by: .agent, since: since, until: until).reduce(0) { $0 + $1.calls }
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
            #expect(
                try await ledger.reports.usage(by: .agent, since: start, until: until).map(\.name) == [
                    "healer", "ranger",
                ])
            #expect(
                try await ledger.reports.usage(by: .day, since: start, until: until).map(\.name) == [
                    "2026-09-21", "2026-09-22", "2026-09-23",
                ])
        }
    }
}
