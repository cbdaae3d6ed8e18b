import GuildDomain
import Testing

@testable import GuildLedger

/// Priorities, shares, limits on what runs at once, and pauses for urgent work.
@Suite struct SharingTests {
    private func queue(
        _ ledger: Ledger, _ name: String, chapter: String?, priority: Priority = .normal, agent: String = "ranger"
    ) async throws {
        let event = Event.sample(name)
        _ = try await ledger.events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: start)
        let message = try #require(
            try await ledger.dispatch.inbound(limit: 1000, now: start).first { $0.event.id == event.id })
        let decision = Decision(
            rule: "agents/\(agent)#0", agent: agent, outcome: .dispatched, reasons: [],
            invocation: NewInvocation(
                id: InvocationID(derivedFrom: ["invocation", name]), agent: agent, chapter: chapter,
                priority: priority))
        _ = try await ledger.dispatch.record(message, [decision], commit: "c0ffee", now: start)
    }

    private func claim(_ ledger: Ledger, _ worker: Worker, _ scope: ClaimScope) async throws -> Invocation? {
        try await ledger.invocations.claim(scope, upTo: 1, worker: worker, now: start).first?.invocation
    }

    /// Claims, uses so many tokens, ends; the chapters in the order in which they came.
    private func work(
        _ ledger: Ledger, _ worker: Worker, _ rule: FairShareRule, runs: Int, tokens: (String) -> Int64
    ) async throws -> [String] {
        var order: [String] = []
        for _ in 0..<runs {
            guard let run = try await claim(ledger, worker, ClaimScope(fairShare: rule)) else { break }
            let chapter = run.chapter ?? ""
            order.append(chapter)
            try await ledger.turn(of: run, worker, usage: TokenUsage(input: tokens(chapter), output: 0))
            try await ledger.invocations.end(run, as: .succeeded, outcome: "done", now: start)
        }
        return order
    }

    @Test func `chapters share a priority by tokens and weight, however long their queues are`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            for number in 0..<30 { try await queue(ledger, "sea\(number)", chapter: "sea") }
            for number in 0..<30 { try await queue(ledger, "sky\(number)", chapter: "sky") }
            let rule = FairShareRule(weights: ["sky": 2], slots: 16)
            let order = try await work(ledger, worker, rule, runs: 30) { $0 == "sea" ? 500 : 250 }
            // The same money buys the sky four runs for each of the sea's.
            let sky = order.count { $0 == "sky" }
            #expect((23...25).contains(sky), "\(order)")
        }
    }

    @Test func `one that was away starts at the least of the active ones`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            for number in 0..<20 { try await queue(ledger, "sea\(number)", chapter: "sea") }
            let rule = FairShareRule(slots: 16)
            _ = try await work(ledger, worker, rule, runs: 10) { _ in 500 }
            for number in 0..<10 { try await queue(ledger, "late\(number)", chapter: nil) }
            let order = try await work(ledger, worker, rule, runs: 10) { _ in 500 }
            #expect((4...6).contains(order.count { $0.isEmpty }), "\(order)")
        }
    }

    @Test func `a higher priority goes first, whatever its chapter has used`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            for number in 0..<4 { try await queue(ledger, "sea\(number)", chapter: "sea", priority: .high) }
            let rule = FairShareRule(slots: 16)
            _ = try await work(ledger, worker, rule, runs: 3) { _ in 900 }
            try await queue(ledger, "sky", chapter: "sky")
            #expect(try await work(ledger, worker, rule, runs: 2) { _ in 1 } == ["sea", "sky"])
        }
    }

    @Test func `a chapter below its guaranteed slots goes first, and one whose agents are full is passed over`()
        async throws
    {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            for number in 0..<4 { try await queue(ledger, "a\(number)", chapter: "a", agent: "healer") }
            for number in 0..<4 { try await queue(ledger, "b\(number)", chapter: "b") }
            var scope = ClaimScope(fairShare: FairShareRule(guarantees: ["b": 0.5], slots: 4))
            var chapters: [String?] = []
            for _ in 0..<3 { chapters.append(try await claim(ledger, worker, scope)?.chapter) }
            #expect(chapters == ["b", "b", "a"])
            scope.limits = ["healer": 1]
            #expect(try await claim(ledger, worker, scope)?.chapter == "b")
            scope.limits["ranger"] = 1
            #expect(try await claim(ledger, worker, scope) == nil)
        }
    }

    @Test func `nothing more is claimed at the limit on what runs in all`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            for name in ["a", "b", "c"] { try await queue(ledger, name, chapter: nil) }
            let scope = ClaimScope(maxConcurrent: 2)
            let first = try #require(try await claim(ledger, worker, scope))
            _ = try #require(try await claim(ledger, worker, scope))
            #expect(try await claim(ledger, worker, scope) == nil)
            try await ledger.invocations.end(first, as: .failed, outcome: "no", now: start)
            #expect(try await claim(ledger, worker, scope) != nil)
        }
    }

    @Test func `urgent work takes as many slots as it needs at turn boundaries, and what was paused comes back`()
        async throws
    {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            var running: [Invocation] = []
            for (name, priority) in [("high", Priority.high), ("x", .normal), ("y", .low), ("z", .normal)] {
                try await queue(ledger, name, chapter: nil, priority: priority)
                running.append(try #require(try await claim(ledger, worker, ClaimScope())))
            }
            let rule = PreemptionRule(slots: 4)
            func yields(_ index: Int) async throws -> Bool {
                try await ledger.dispatch.yield(running[index], rule, worker: worker, now: start)
            }
            #expect(try await !yields(1), "nothing urgent waits")
            for name in ["u1", "u2"] { try await queue(ledger, name, chapter: nil, priority: .critical) }
            #expect(try await !yields(0), "HIGH is never paused")
            try await ledger.turn(of: running[1], worker)
            #expect(try await yields(1))
            #expect(try await ledger.invocations.find(running[1].id)?.waitReason == .preempted)
            #expect(try await yields(2))
            #expect(try await !yields(3), "two slots are free for two")
            let urgent = try #require(try await claim(ledger, worker, ClaimScope()))
            #expect(urgent.priority == .critical)
            #expect(try await ledger.invocations.find(running[1].id)?.state == .waiting, "another still waits")
            _ = try #require(try await claim(ledger, worker, ClaimScope()))
            let back = try #require(try await claim(ledger, worker, ClaimScope()))
            #expect(back.id == running[1].id)
            #expect(back.attempt == running[1].attempt + 1)
            #expect(back.failures == 0)
            #expect(
                try await ledger.invocations.turns(of: back.id).count(where: \.isAnswered) == 1, "its journal is kept")
        }
    }

    @Test func `one of an agent at its limit makes room for that agent's urgent work only`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            try await queue(ledger, "mine", chapter: nil)
            try await queue(ledger, "other", chapter: nil, agent: "healer")
            let mine = try #require(try await claim(ledger, worker, ClaimScope()))
            let other = try #require(try await claim(ledger, worker, ClaimScope()))
            try await queue(ledger, "urgent", chapter: nil, priority: .critical)
            let rule = PreemptionRule(slots: 16, agentLimits: ["ranger": 1])
            #expect(try await !ledger.dispatch.yield(other, rule, worker: worker, now: start))
            #expect(try await ledger.dispatch.yield(mine, rule, worker: worker, now: start))
        }
    }
}
