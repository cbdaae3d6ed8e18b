import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct ClaimsTests {
    @Test func `claims go by priority and then by age`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            var expected: [InvocationID] = []
            let late = try await ledger.queue("late", priority: .background)
            let old = try await ledger.queue("old")
            let young = try await ledger.queue("young")
            let urgent = try await ledger.queue("urgent", priority: .critical)
            expected = [urgent, old, young, late]
            var claimed: [InvocationID] = []
            while let next = try await ledger.claim(worker) { claimed.append(next.id) }
            #expect(claimed == expected)
        }
    }

    @Test func `no invocation is claimed twice, whoever asks`() async throws {
        try await withTwoLedgers { one, two async throws in
            for number in 0..<50 { try await one.queue("\(number)") }
            let (mine, theirs) = (try await one.worker(), try await two.worker())
            let claimed = try await withThrowingTaskGroup(of: InvocationID?.self) { group in
                for number in 0..<80 {
                    let (ledger, worker) = number.isMultiple(of: 2) ? (one, mine) : (two, theirs)
                    group.addTask { try await ledger.claim(worker)?.id }
                }
                return try await group.reduce(into: [InvocationID]()) { if let id = $1 { $0.append(id) } }
            }
            #expect(claimed.count == 50)
            #expect(Set(claimed).count == 50)
        }
    }

    @Test func `an agent at its limit is passed over, and comes again when one of its runs ends`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            for name in ["a", "b"] { try await ledger.queue(name, agent: "ranger", priority: .high) }
            try await ledger.queue("c", agent: "healer", priority: .low)
            let first = try #require(try await ledger.claim(worker, limits: ["ranger": 1]))
            #expect(try await ledger.claim(worker, limits: ["ranger": 1])?.agent == "healer")
            #expect(try await ledger.claim(worker, limits: ["ranger": 1]) == nil)
            // What waits for a slot waits for no time.
            #expect(try await ledger.invocations.nextTime(worker: worker, now: start) == nil)
            let seen = ledger.signal(.invocations).generation
            try await ledger.invocations.end(first, as: .succeeded, outcome: "done", now: start)
            #expect(ledger.signal(.invocations).generation != seen)
            #expect(try await ledger.claim(worker, limits: ["ranger": 1])?.agent == "ranger")
        }
    }

    @Test func `a scope of one root claims nothing else`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            try await ledger.queue("other")
            let mine = try await ledger.queue("mine")
            #expect(try await ledger.claim(worker, root: Event.sample("mine").root)?.id == mine)
            #expect(try await ledger.claim(worker, root: Event.sample("mine").root) == nil)
        }
    }

    @Test func `each write of an older attempt is fenced`() async throws {
        try await withLedger { ledger async throws in
            let (slow, fast) = (try await ledger.worker(), try await ledger.worker())
            let old = try await ledger.running("one", slow)
            let plan = TurnPlan.sample(of: old)
            let reservation = try await ledger.invocations.beginTurn(plan, of: old, worker: slow, now: start)
            let late = start + Lease.length
            #expect(try await ledger.invocations.recover(except: fast, now: late).invocations == 1)
            let new = try #require(try await ledger.claim(fast, now: late))
            #expect(new.attempt == old.attempt + 1)

            let fenced = LedgerFailure.fenced(what: "invocation \(old.id)")
            let claim = ClaimedInvocation(invocation: old, options: .null)
            await #expect(throws: fenced) { _ = try await ledger.invocations.renew(claim, worker: slow, now: late) }
            await #expect(throws: fenced) {
                _ = try await ledger.invocations.recordAnswer(
                    .sample(), plan: plan, reservation: reservation, of: old, waitUntil: late, now: late)
            }
            await #expect(throws: fenced) {
                try await ledger.invocations.recordLostTurn(
                    plan, reservation: reservation, of: old, LostAnswer(reason: "gone", mayHaveBilled: true), now: late)
            }
            await #expect(throws: fenced) {
                _ = try await ledger.invocations.recordResults([.read(0)], turn: 1, of: old, waitUntil: late, now: late)
            }
            await #expect(throws: fenced) { try await ledger.invocations.move(old, to: .queued, now: late) }
            await #expect(throws: fenced) {
                try await ledger.invocations.end(old, as: .succeeded, outcome: "x", now: late)
            }
            await #expect(throws: fenced) {
                try await ledger.invocations.retryLater(old, reason: "x", availableAt: late, now: late)
            }
            await #expect(throws: fenced) {
                _ = try await ledger.invocations.beginTurn(plan, of: old, worker: slow, now: late)
            }
            #expect(try await ledger.state(of: old.id) == .awakening)
            try await ledger.turn(of: new, fast, now: late)
        }
    }

    @Test func `a renewal keeps the lease and tells of a cancellation`() async throws {
        try await withLedger { ledger async throws in
            let (worker, other) = (try await ledger.worker(), try await ledger.worker())
            try await ledger.queue()
            let claim = try #require(
                try await ledger.invocations.claim(ClaimScope(), upTo: 1, worker: worker, now: start).first)
            #expect(try await !ledger.invocations.renew(claim, worker: worker, now: start + .seconds(20)))
            #expect(try await ledger.invocations.recover(except: other, now: start + .seconds(45)).isEmpty)
            let seen = ledger.signal(.cancellations).generation
            #expect(try await ledger.invocations.requestCancel(claim.invocation.id, actor: "user:ada", now: start))
            #expect(ledger.signal(.cancellations).generation != seen)
            #expect(try await ledger.invocations.isCancelRequested(claim.invocation.id))
            #expect(try await ledger.invocations.renew(claim, worker: worker, now: start + .seconds(46)))
        }
    }

    @Test func `what nobody holds is cancelled at once, with the actions that have not begun`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let queued = try await ledger.queue("queued")
            #expect(try await ledger.invocations.requestCancel(queued, actor: "user:ada", now: start))
            #expect(try await ledger.state(of: queued) == .cancelled)
            #expect(try await !ledger.invocations.requestCancel(queued, actor: "user:ada", now: start))
            let waiting = try await ledger.running("waiting", worker)
            try await ledger.turn(
                of: waiting, worker,
                calls: [.write(0, name: "a", autonomy: .approve), .write(1, name: "b", subject: "other")])
            #expect(try await ledger.invocations.requestCancel(waiting.id, actor: "user:ada", now: start))
            #expect(try await ledger.state(of: waiting.id) == .cancelled)
            #expect(try await ledger.actions.list(of: waiting.id).map(\.state) == [.cancelled, .cancelled])
            #expect(try await ledger.reports.isQuiet(root: nil))
            #expect(try await ledger.claimAction(worker) == nil)
        }
    }

    @Test func `work meant for a worker is anybody's when that worker ends or dies`() async throws {
        try await withLedger { ledger async throws in
            let survivor = try await ledger.worker()
            func begin(_ name: String, for worker: Worker) async throws {
                let decision = Decision(
                    rule: "cli", agent: "ranger", outcome: .dispatched, reasons: [],
                    invocation: NewInvocation(
                        id: InvocationID(derivedFrom: [name]), agent: "ranger", chapter: nil, priority: .normal))
                try await ledger.dispatch.beginRun(
                    .sample(name), decision, actor: "user:ada", commit: "c", lease: worker.lease(now: start), now: start
                )
            }
            let polite = try await ledger.worker()
            try await begin("polite", for: polite)
            #expect(try await ledger.claim(survivor) == nil)
            try await ledger.workers.unregister(polite, now: start)
            #expect(try await ledger.claim(survivor) != nil)

            var dying: Worker? = try await ledger.worker()
            if let dying { try await begin("dying", for: dying) }
            #expect(try await ledger.invocations.recoveryNeed(worker: survivor, now: start) == .watch)
            dying = nil
            #expect(try await ledger.invocations.recoveryNeed(worker: survivor, now: start) == .now)
            #expect(try await ledger.invocations.recover(except: survivor, now: start).released == 1)
            #expect(try await ledger.claim(survivor) != nil)
            #expect(try await ledger.invocations.recoveryNeed(worker: survivor, now: start) == .none)
        }
    }

    @Test func `the next time is that of the next thing to claim or to recover`() async throws {
        try await withLedger { ledger async throws in
            let (worker, other) = (try await ledger.worker(), try await ledger.worker())
            #expect(try await ledger.invocations.nextTime(worker: worker, now: start) == nil)
            let invocation = try await ledger.running("a", worker)
            #expect(try await ledger.invocations.nextTime(worker: worker, now: start) == nil)
            #expect(try await ledger.invocations.nextTime(worker: other, now: start) == start + Lease.length)
            let retry = start + .seconds(7)
            try await ledger.invocations.retryLater(invocation, reason: "busy", availableAt: retry, now: start)
            #expect(try await ledger.invocations.nextTime(worker: worker, now: start) == retry)
            #expect(try await ledger.claim(worker, now: start + .seconds(6)) == nil)
            let again = try #require(try await ledger.claim(worker, now: retry))
            #expect(again.failures == 1)
            #expect(again.outcome == "busy")
            try await ledger.turn(of: again, worker, calls: [.write(0, name: "x", autonomy: .approve)], now: retry)
            // A person takes as long as it takes.
            #expect(try await ledger.invocations.nextTime(worker: worker, now: retry) == nil)
        }
    }

    @Test func `a move that the state machine does not know, or into a final state, is refused`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            for state in [InvocationState.cooling, .failed, .cancelled, .awakening] {
                await #expect(throws: StateConflict.self, "\(state)") {
                    try await ledger.invocations.move(invocation, to: state, now: start)
                }
            }
            await #expect(throws: StateConflict.self) {
                try await ledger.invocations.end(invocation, as: .queued, outcome: "", now: start)
            }
            try await ledger.invocations.move(invocation, to: .active, now: start)
            try await ledger.invocations.end(invocation, as: .succeeded, outcome: "done", now: start + .seconds(1))
            let ended = try #require(try await ledger.invocations.find(invocation.id))
            #expect(ended.state == .succeeded)
            #expect(ended.endedAt == start + .seconds(1))
            #expect(ended.outcome == "done")
        }
    }
}
