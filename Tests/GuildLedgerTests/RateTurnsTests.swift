import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct RateTurnsTests {
    /// One every ten seconds.
    private static let slow = [
        AdmissionTerms.Charge(
            bucket: "connector/slow", rate: Rate(perMinute: 6, burst: 1), unit: .requests, rejects: false)
    ]

    @Test func `actions that wait for their turns hold up no other, and spend no attempt`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let count = 200
            let calls = (0..<count).map { number in
                var call = ToolCall.write(number, name: "w\(number)", subject: "s\(number)")
                call.action?.caps = .unlimited
                return call
            }
            try await ledger.turn(of: invocation, worker, calls: calls)
            let last = ActionID(derivedFrom: ["action", "w\(count - 1)"])
            try await ledger.write { db in
                try db.run("UPDATE actions SET operation = 'fast.go' WHERE id = ?", [last])
            }
            func claim(_ seconds: Int64) async throws -> Action? {
                try await ledger.actions.claim(
                    root: nil, upTo: 1, worker: worker, charges: { $0.hasPrefix("fast.") ? [] : Self.slow },
                    now: start + .seconds(seconds)
                ).first?.action
            }
            let first = try #require(try await claim(0))
            #expect(first.id == ActionID(derivedFrom: ["action", "w0"]))
            #expect(try await claim(0)?.id == last, "those that wait are passed by")
            #expect(try await claim(0) == nil)
            let waiting = try await ledger.actions.list(of: invocation.id).filter { $0.state == .queued }
            #expect(waiting.count == count - 2)
            #expect(waiting.allSatisfy { $0.attempt == 0 })
            #expect(try await ledger.count("SELECT count(*) FROM action_attempts") == 2)
            #expect(try await ledger.actions.nextTime(worker: worker, now: start) == start + .seconds(10))
            // Looking again takes no other turn.
            let level = try await ledger.count("SELECT level FROM rate_buckets")
            #expect(try await claim(9) == nil)
            #expect(try await claim(10)?.id == ActionID(derivedFrom: ["action", "w1"]))
            #expect(try await claim(19) == nil)
            #expect(try await claim(20)?.id == ActionID(derivedFrom: ["action", "w2"]))
            #expect(try await ledger.count("SELECT level FROM rate_buckets") == level)
        }
    }

    @Test func `each try of an action takes a turn of its own`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            func claim(_ seconds: Int64) async throws -> Action? {
                try await ledger.actions.claim(
                    root: nil, upTo: 1, worker: worker, charges: { _ in Self.slow }, now: start + .seconds(seconds)
                ).first?.action
            }
            let first = try #require(try await claim(0))
            try await ledger.actions.retryLater(first, reason: "no", availableAt: start + .seconds(1), now: start)
            #expect(try await claim(1) == nil)
            #expect(try await claim(10)?.attempt == 2)
        }
    }

    @Test func `an action whose limit refuses is claimed with the reason`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            let calls = (0..<2).map { ToolCall.write($0, name: "w\($0)", subject: "s\($0)") }
            try await ledger.turn(of: invocation, worker, calls: calls)
            var strict = Self.slow
            strict[0].rejects = true
            let charges = strict
            let claims = [
                try await ledger.actions.claim(
                    root: nil, upTo: 1, worker: worker, charges: { _ in charges }, now: start
                ).first,
                try await ledger.actions.claim(
                    root: nil, upTo: 1, worker: worker, charges: { _ in charges }, now: start
                ).first,
            ]
            #expect(claims.map { $0?.refusal?.until } == [nil, start + .seconds(10)])
            #expect(claims.map { $0?.action.attempt } == [1, 1])
        }
    }

    @Test func `a wait for a turn does not end the wait for an action`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.read(0), .write(1, name: "w")])
            let due = start + .seconds(10)
            let state = try await ledger.invocations.recordResults(
                [], turn: 1, of: invocation, waitUntil: start + .seconds(60), turnAt: due, now: start)
            #expect(state == .waiting)
            #expect(try await ledger.invocations.find(invocation.id)?.waitReason == .rate)
            #expect(try await ledger.count("SELECT count(*) FROM invocations WHERE lease_owner IS NOT NULL") == 0)
            #expect(try await ledger.invocations.recover(except: worker, now: due).waits == 1)
            #expect(
                try await ledger.invocations.turns(of: invocation.id).flatMap(\.calls).allSatisfy { $0.result == nil })
        }
    }

    @Test func `one whose end is asked for does not wait for a turn`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.read(0)])
            _ = try await ledger.invocations.requestCancel(invocation.id, actor: "user:ada", now: start)
            await #expect(throws: CancellationError.self) {
                try await ledger.invocations.recordResults(
                    [], turn: 1, of: invocation, waitUntil: start, turnAt: start + .seconds(10), now: start)
            }
            #expect(try await ledger.state(of: invocation.id) == .active)
        }
    }
}
