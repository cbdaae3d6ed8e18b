import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct RecoveryTests {
    /// Claims an invocation and begins a turn as a worker that then dies: its lock file closes with it.
    private func dieDuringTurn(_ name: String, sent: Bool, in ledger: Ledger) async throws -> Invocation {
        let worker = try await ledger.worker()
        let invocation = try await ledger.running(name, worker)
        _ = try await ledger.invocations.beginTurn(
            .sample(of: invocation), of: invocation, worker: worker, isSending: sent, now: start)
        return invocation
    }

    @Test func `a dead worker's invocation is taken back at once, its held call released, its sent one posted`()
        async throws
    {
        try await withTwoLedgers { ledger, other async throws in
            let held = try await dieDuringTurn("held", sent: false, in: ledger)
            let sent = try await dieDuringTurn("sent", sent: true, in: ledger)
            let survivor = try await other.worker()
            #expect(try await other.workers.dead().count == 2)
            #expect(try await other.invocations.recoveryNeed(worker: survivor, now: start) == .now)
            let seen = other.signal(.invocations).generation
            #expect(try await other.invocations.recover(except: survivor, now: start).invocations == 2)
            #expect(other.signal(.invocations).generation != seen)
            #expect(try await other.state(of: held.id) == .queued)
            #expect(try await other.state(of: sent.id) == .queued)
            #expect(try await other.budgets.account("invocation/\(held.id)")?.used == 0)
            #expect(try await other.budgets.account("invocation/\(sent.id)")?.used == 1100)
            #expect(try await other.budgets.account("invocation/\(sent.id)")?.usedCost == 2100)
            #expect(try await other.budgets.account("agent/ranger")?.reserved == 0)
            #expect(try await other.unbalancedEntries() == 0)
            #expect(try await other.invocations.find(sent.id)?.usage.total == 1100)
            #expect(try await other.count("SELECT count(*) FROM turns WHERE state = 'begun'") == 0)
            #expect(try await other.workers.dead().isEmpty)
            #expect(try await other.invocations.recoveryNeed(worker: survivor, now: start) == .none)
            #expect(try await other.invocations.recover(except: survivor, now: start).isEmpty)
        }
    }

    @Test func `the next attempt goes on behind the last answer, with the same turn number for the lost one`()
        async throws
    {
        try await withLedger { ledger async throws in
            let id = try await ledger.queue()
            do {
                let worker = try await ledger.worker()
                let invocation = try #require(try await ledger.claim(worker))
                try await ledger.turn(1, of: invocation, worker)
                _ = try await ledger.invocations.beginTurn(
                    .sample(2, of: invocation), of: invocation, worker: worker, isSending: true, now: start)
            }
            let survivor = try await ledger.worker()
            _ = try await ledger.invocations.recover(except: survivor, now: start)
            let again = try #require(try await ledger.claim(survivor))
            #expect(again.id == id)
            try await ledger.turn(2, of: again, survivor)
            let turns = try await ledger.invocations.turns(of: id)
            #expect(turns.map(\.n) == [1, 2, 2])
            #expect(turns.map(\.attempt) == [1, 1, 2])
            #expect(turns.map(\.isAnswered) == [true, false, true])
            // Both calls are in the books.
            #expect(try await ledger.budgets.account("agent/ranger")?.used == 130 + 1100 + 130)
            #expect(try await ledger.invocations.find(id)?.usage.total == 1360)
        }
    }

    @Test func `a living worker keeps its work until its lease ends`() async throws {
        try await withTwoLedgers { ledger, other async throws in
            let (slow, survivor) = (try await ledger.worker(), try await other.worker())
            let invocation = try await ledger.running("a", slow)
            let before = start + .seconds(29)
            #expect(try await other.invocations.recoveryNeed(worker: survivor, now: before) == .watch)
            let seen = other.signal(.invocations).generation
            #expect(try await other.invocations.recover(except: survivor, now: before).isEmpty)
            #expect(other.signal(.invocations).generation == seen)
            let after = start + Lease.length
            #expect(try await other.invocations.recoveryNeed(worker: survivor, now: after) == .now)
            // A worker does not take back its own.
            #expect(try await ledger.invocations.recover(except: slow, now: after).isEmpty)
            #expect(try await other.invocations.recover(except: survivor, now: after).invocations == 1)
            #expect(try await other.state(of: invocation.id) == .queued)
        }
    }

    @Test func `a dead worker's action is queued again, under its own key`() async throws {
        try await withLedger { ledger async throws in
            let survivor = try await ledger.worker()
            let invocation = try await ledger.running("a", survivor)
            try await ledger.turn(of: invocation, survivor, calls: [.write(0, name: "w")])
            let lost: Action
            do {
                let dying = try await ledger.worker()
                lost = try #require(try await ledger.claimAction(dying))
            }
            #expect(try await ledger.invocations.recover(except: survivor, now: start).actions == 1)
            let again = try #require(try await ledger.claimAction(survivor))
            #expect(again.id == lost.id)
            #expect(again.attempt == 2)
            #expect(again.idempotencyKey == lost.idempotencyKey)
            let late = start + .seconds(60)
            let fenced = LedgerFailure.fenced(what: "action \(lost.id)")
            await #expect(throws: fenced) {
                try await ledger.actions.finish(lost, succeeded: true, result: "x", waitUntil: late, now: late)
            }
            await #expect(throws: fenced) {
                try await ledger.actions.retryLater(lost, reason: "x", availableAt: late, now: late)
            }
            await #expect(throws: fenced) { try await ledger.actions.renew(lost, worker: survivor, now: late) }
            try await ledger.actions.renew(again, worker: survivor, now: late)
            let trace = try #require(try await ledger.reports.trace(of: invocation.event))
            #expect(trace.invocations[0].actions[0].attempts.map(\.outcome) == ["lost: its worker died", nil])
        }
    }

    @Test func `past its time the model hears that its action is accepted but not finished`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            let action = try #require(try await ledger.claimAction(worker))
            #expect(try await ledger.invocations.nextTime(worker: worker, now: start) == start + .seconds(60))
            #expect(try await ledger.invocations.recover(except: worker, now: start + .seconds(59)).isEmpty)
            let late = start + .seconds(60)
            #expect(try await ledger.invocations.recover(except: worker, now: late).waits == 1)
            let calls = try await ledger.invocations.turns(of: invocation.id).flatMap(\.calls)
            #expect(calls.map(\.result) == ["accepted, \(action.id), not finished"])
            let again = try #require(try await ledger.claim(worker, now: late))
            // The action ends later and changes nothing of what the model was told, nor takes its worker away.
            try await ledger.actions.finish(action, succeeded: true, result: "done", waitUntil: late, now: late)
            #expect(
                try await ledger.invocations.turns(of: invocation.id).flatMap(\.calls).map(\.result)
                    == calls.map(\.result))
            #expect(try await ledger.state(of: again.id) == .awakening)
            #expect(try await ledger.actions.list(of: invocation.id).map(\.state) == [.succeeded])
        }
    }

    @Test(arguments: [WaitReason.rate, .budget, .delegate])
    func `a wait for a time ends at that time`(reason: WaitReason) async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let due = start + .seconds(5)
            try await ledger.invocations.move(invocation, to: .waiting, waiting: reason, availableAt: due, now: start)
            #expect(try await ledger.invocations.find(invocation.id)?.waitReason == reason)
            #expect(try await ledger.claim(worker, now: due) == nil)
            #expect(try await ledger.invocations.nextTime(worker: worker, now: start) == due)
            #expect(try await ledger.invocations.recover(except: worker, now: due).waits == 1)
            #expect(try await ledger.claim(worker, now: due)?.attempt == 2)
        }
    }

    @Test func `a wait without a time is not overdue`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.invocations.move(invocation, to: .waiting, waiting: .budget, now: start)
            #expect(try await ledger.invocations.nextTime(worker: worker, now: start) == nil)
            #expect(try await ledger.invocations.recover(except: worker, now: start + .seconds(1 << 40)).isEmpty)
        }
    }

    @Test func `an action that ends late does not wake one that waits for its budget`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            let late = start + .seconds(60)
            let action = try #require(try await ledger.claimAction(worker))
            _ = try await ledger.invocations.recover(except: worker, now: late)
            let again = try #require(try await ledger.claim(worker, now: late))
            try await ledger.invocations.move(again, to: .waiting, waiting: .budget, now: late)
            try await ledger.actions.finish(action, succeeded: true, result: "done", waitUntil: late, now: late)
            #expect(try await ledger.invocations.find(again.id)?.waitReason == .budget)
        }
    }

    @Test func `a recovery takes back a thousand and the next one the rest`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            try await ledger.queue()
            try await ledger.write { db in
                try db.run(
                    """
                    INSERT INTO invocations (id, agent, commit_id, event, root, priority, state, wait_reason,
                        created_at, available_at)
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
                    SELECT CAST(printf('%016d', i) AS BLOB), 'ranger', 'c', (SELECT id FROM events),
                        (SELECT id FROM events), 2, 'waiting', 'rate', 0, 0 FROM n
                    """)
            }
            #expect(try await ledger.invocations.recover(except: worker, now: start).waits == 1000)
            #expect(try await ledger.invocations.recoveryNeed(worker: worker, now: start) == .now)
            #expect(try await ledger.invocations.recover(except: worker, now: start).waits == 500)
            #expect(try await ledger.invocations.recoveryNeed(worker: worker, now: start) == .none)
        }
    }
}
