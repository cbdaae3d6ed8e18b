import GuildDomain
import Testing

@testable import GuildLedger

/// The caps on what one agent does before a person is asked (spec "Caps").
@Suite struct ActionCapsTests {
    private static let later = start + .seconds(1 << 30)

    static func caps(run: Int64 = 100, hour: Int64 = 100, subject: Int64 = 100) -> ActionCaps {
        let limits: [ActionCap: Int64] = [.perInvocation: run, .perHour: hour, .perSubjectPerDay: subject]
        return ActionCaps(limits.mapValues { ActionCaps.Limit($0, setting: "agents/ranger.yaml:7") })
    }

    static func calls(
        _ run: String, _ range: Range<Int>, _ caps: ActionCaps, on subject: String? = nil, autonomy: Autonomy = .act
    ) -> [ToolCall] {
        range.map { number in
            var call = ToolCall.write(number, name: "\(run)/\(number)", subject: "\(run)/\(number)", autonomy: autonomy)
            call.action?.caps = caps
            call.action?.countsOn = subject
            return call
        }
    }

    /// A run whose model asks for some actions in one turn.
    func run(
        _ name: String, _ ledger: Ledger, _ calls: [ToolCall], agent: String = "ranger", now: Timestamp = start
    ) async throws -> [Action] {
        let worker = try await ledger.worker(now)
        let id = try await ledger.queue(name, agent: agent, at: now)
        var claimed = try await ledger.claim(worker, now: now)
        // An earlier run may go on meanwhile.
        while let other = claimed, other.id != id { claimed = try await ledger.claim(worker, now: now) }
        let invocation = try #require(claimed)
        try await ledger.turn(of: invocation, worker, calls: calls, now: now)
        return try await ledger.actions.list(of: invocation.id)
    }

    @discardableResult
    func approve(_ action: Action, _ ledger: Ledger, now: Timestamp = start) async throws -> Ruling {
        try await ledger.actions.decide(
            action.id, approve: true, actor: "user:ada", reason: nil, waitUntil: now + .seconds(60), now: now)
    }

    func states(_ run: String, _ ledger: Ledger) async throws -> [Action.State] {
        let id = InvocationID(derivedFrom: ["invocation", run])
        return try await ledger.actions.list(of: id).map(\.state)
    }

    @Test func `past the cap on a run the rest of its actions wait for a person`() async throws {
        try await withLedger { ledger async throws in
            let actions = try await run("a", ledger, Self.calls("a", 0..<5, Self.caps(run: 3)))
            #expect(actions.map(\.state) == [.queued, .queued, .queued, .awaiting, .awaiting])
            let hold = try #require(actions.last?.hold)
            #expect(hold.reason == "past actions.perInvocation of 3 (agents/ranger.yaml:7)")
            #expect(actions[0].hold == nil)
            // Another run has its own.
            #expect(
                try await run("b", ledger, Self.calls("b", 0..<3, Self.caps(run: 3))).allSatisfy { $0.state == .queued }
            )
            let queue = try #require(try await ledger.actions.capQueues().first)
            #expect(queue.agent == "ranger" && queue.waiting == 2 && queue.hold == hold)
            #expect(try await ledger.actions.capHold(of: actions[0].invocation) == hold)
            #expect(
                try await ledger.text(
                    "SELECT CAST(body AS TEXT) FROM audit_bodies JOIN audit USING (seq) WHERE kind = 'approval.requested'"
                )?
                .contains("actions.perInvocation") == true)
        }
    }

    @Test func `the hour is a sliding one, and other agents have their own`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(hour: 3)
            _ = try await run("a", ledger, Self.calls("a", 0..<2, caps))
            let soon = start + .seconds(1800)
            let second = try await run("b", ledger, Self.calls("b", 0..<2, caps), now: soon)
            #expect(second.map(\.state) == [.queued, .awaiting])
            #expect(
                try await run("c", ledger, Self.calls("c", 0..<3, caps), agent: "scribe", now: soon)
                    .allSatisfy { $0.state == .queued })
            // The first two are over an hour old, the third is not.
            let third = try await run("d", ledger, Self.calls("d", 0..<3, caps), now: start + .seconds(3601))
            #expect(third.map(\.state) == [.queued, .queued, .awaiting])
        }
    }

    @Test func `a clock that is set back reopens nothing`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(hour: 3, subject: 3)
            _ = try await run("a", ledger, Self.calls("a", 0..<3, caps, on: "github:acme/shop#1"))
            for back in [Duration.seconds(1), .seconds(7200), .seconds(3 * 86_400)] {
                let name = "b\(back)"
                let actions = try await run(
                    name, ledger, Self.calls(name, 0..<1, caps, on: "github:acme/shop#1"), now: start - back)
                #expect(actions.map(\.state) == [.awaiting])
            }
        }
    }

    @Test func `a day's comments on one subject are counted over all runs, and nothing but new ones`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(subject: 2)
            let place = "github:acme/shop#1"
            _ = try await run("a", ledger, Self.calls("a", 0..<2, caps, on: place))
            let next = start + .seconds(3600)
            #expect(
                try await run("b", ledger, Self.calls("b", 0..<1, caps, on: place), now: next).map(\.state) == [
                    .awaiting
                ])
            #expect(
                try await run("c", ledger, Self.calls("c", 0..<3, caps), now: next).allSatisfy { $0.state == .queued })
            #expect(
                try await run("d", ledger, Self.calls("d", 0..<1, caps, on: "github:acme/shop#2"), now: next)
                    .map(\.state) == [.queued])
            let tomorrow = start + .seconds(86_401)
            #expect(
                try await run("e", ledger, Self.calls("e", 0..<1, caps, on: place), now: tomorrow).map(\.state) == [
                    .queued
                ])
        }
    }

    @Test func `one approval releases one more allotment, and the rest of it serves the next run`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(hour: 4)
            let actions = try await run("a", ledger, Self.calls("a", 0..<7, caps))
            #expect(actions.count { $0.state == .awaiting } == 3)
            try await approve(actions[5], ledger)
            #expect(try await states("a", ledger).allSatisfy { $0 == .queued })
            // Four were released: the approved one and two more have theirs.
            #expect(try await ledger.actions.capReleases(now: start).map(\.left) == [1])
            let next = try await run("b", ledger, Self.calls("b", 0..<2, caps))
            #expect(next.map(\.state) == [.queued, .awaiting])
            #expect(try await ledger.actions.capReleases(now: start).isEmpty)
            // Whoever goes through the whole list does not fail at those that are out already.
            try await approve(actions[6], ledger)
            #expect(try await ledger.count("SELECT count(*) FROM approvals") == 3)
        }
    }

    @Test func `what is left of a release expires after a day`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(run: 2)
            let actions = try await run("a", ledger, Self.calls("a", 0..<3, caps))
            try await approve(actions[2], ledger)
            let almost = start + .seconds(86_399)
            let over = start + .seconds(86_400)
            #expect(try await ledger.actions.capReleases(now: almost).map(\.left) == [1])
            #expect(try await run("b", ledger, Self.calls("b", 0..<3, caps), now: over).last?.state == .awaiting)
            #expect(try await ledger.actions.capReleases(now: over).isEmpty)
        }
    }

    @Test func `a release of one cap does not lift another`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(run: 2, hour: 3)
            let actions = try await run("a", ledger, Self.calls("a", 0..<5, caps))
            #expect(actions.map(\.state) == [.queued, .queued, .awaiting, .awaiting, .awaiting])
            #expect(actions[3].hold?.cap == .perInvocation)
            try await approve(actions[2], ledger)
            // The approved one is the third of the hour; the next passes its run's cap and waits at the hour's.
            let after = try await ledger.actions.list(of: actions[0].invocation)
            #expect(after.map(\.state) == [.queued, .queued, .queued, .awaiting, .awaiting])
            #expect(after[3].hold?.cap == .perHour)
            try await approve(after[3], ledger)
            #expect(try await states("a", ledger).allSatisfy { $0 == .queued })
        }
    }

    @Test func `an approved action never waits again, and its retries count once`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(hour: 1)
            let actions = try await run("a", ledger, Self.calls("a", 0..<2, caps))
            try await approve(actions[1], ledger)
            let worker = try await ledger.worker()
            for attempt in 1...3 {
                var claimed: [Action] = []
                while let action = try await ledger.claimAction(worker) {
                    claimed.append(action)
                }
                #expect(claimed.map(\.attempt) == [attempt, attempt])
                for action in claimed {
                    try await ledger.actions.retryLater(action, reason: "busy", availableAt: start, now: start)
                }
            }
            #expect(try await states("a", ledger) == [.queued, .queued])
            #expect(try await ledger.count("SELECT count(*) FROM actions WHERE counted_at IS NOT NULL") == 2)
        }
    }

    @Test func `an action that a person has to look at anyway counts once it is approved, and lifts no cap`()
        async throws
    {
        try await withLedger { ledger async throws in
            let caps = Self.caps(hour: 2)
            let asked = try await run("a", ledger, Self.calls("a", 0..<3, caps, autonomy: .approve))
            #expect(asked.allSatisfy { $0.state == .awaiting && $0.hold == nil })
            for action in asked { try await approve(action, ledger) }
            #expect(try await states("a", ledger).allSatisfy { $0 == .queued })
            #expect(try await ledger.actions.capReleases(now: start).isEmpty)
            #expect(try await run("b", ledger, Self.calls("b", 0..<1, caps)).map(\.state) == [.awaiting])
        }
    }

    @Test func `what a person rejects counts for nothing`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(subject: 1)
            let place = "github:acme/shop#1"
            let actions = try await run("a", ledger, Self.calls("a", 0..<2, caps, on: place, autonomy: .approve))
            for action in actions {
                _ = try await ledger.actions.decide(
                    action.id, approve: false, actor: "user:ada", reason: nil, waitUntil: start, now: start)
            }
            #expect(try await run("b", ledger, Self.calls("b", 0..<1, caps, on: place)).map(\.state) == [.queued])
        }
    }

    @Test func `runs that ask at once, in two processes, never have more than the cap together`() async throws {
        try await withTwoLedgers { one, two async throws in
            let caps = Self.caps(hour: 10, subject: 7)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<12 {
                    let ledger = number % 2 == 0 ? one : two
                    let worker = try await ledger.worker()
                    try await ledger.queue("r\(number)")
                    let invocation = try #require(try await ledger.claim(worker))
                    let place = number < 6 ? "github:acme/shop#1" : nil
                    group.addTask {
                        try await ledger.turn(
                            of: invocation, worker, calls: Self.calls("r\(number)", 0..<3, caps, on: place))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await one.count("SELECT count(*) FROM actions WHERE state = 'queued'") == 10)
            #expect(
                try await one.count(
                    "SELECT count(*) FROM actions WHERE state = 'queued' AND counts_on IS NOT NULL") <= 7)
            #expect(try await two.actions.capQueues().reduce(0) { $0 + $1.waiting } == 26)
        }
    }

    @Test func `two approvals of one list release once for each that waited`() async throws {
        try await withTwoLedgers { one, two async throws in
            let caps = Self.caps(hour: 2)
            let actions = try await run("a", one, Self.calls("a", 0..<9, caps))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (ledger, action) in [(one, actions[7]), (two, actions[8])] {
                    group.addTask { try await approve(action, ledger) }
                }
                try await group.waitForAll()
            }
            // Two by the cap, and two for each approval.
            #expect(try await states("a", one).count { $0 == .queued } == 6)
        }
    }

    @Test func `a cap of nothing asks for each action, and one yes is one action`() async throws {
        try await withLedger { ledger async throws in
            let actions = try await run("a", ledger, Self.calls("a", 0..<3, Self.caps(hour: 0)))
            #expect(actions.allSatisfy { $0.state == .awaiting })
            try await approve(actions[1], ledger)
            #expect(try await states("a", ledger) == [.awaiting, .queued, .awaiting])
        }
    }

    @Test func `a run that is cancelled takes what waits at a cap with it`() async throws {
        try await withLedger { ledger async throws in
            let actions = try await run("a", ledger, Self.calls("a", 0..<3, Self.caps(run: 1)))
            _ = try await ledger.invocations.requestCancel(actions[0].invocation, actor: "user:ada", now: start)
            #expect(try await ledger.actions.capQueues().isEmpty)
            #expect(try await states("a", ledger).allSatisfy { $0 == .cancelled })
        }
    }
}
