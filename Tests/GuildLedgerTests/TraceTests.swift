import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct TraceTests {
    private let policy = AcceptancePolicy(actor: "tester")

    @Test func `a trace has all that an event set going`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            let root = Event.sample("a")
            _ = try await ledger.events.accept(
                .sample("child", cause: root.id, root: root.root), policy: policy, now: start + .seconds(1))
            _ = try await ledger.events.accept(
                .sample("grandchild", cause: Event.sample("child").id, root: root.root), policy: policy, now: start)
            let trace = try #require(try await ledger.reports.trace(of: root.id))
            #expect(trace.decisions.map(\.reasons) == [["it matched"]])
            #expect(trace.invocations.map(\.invocation.id) == [invocation.id])
            #expect(trace.invocations[0].turns.count == 1)
            #expect(trace.invocations[0].actions.map(\.action.operation) == ["github.create_issue_comment"])
            #expect(trace.effects.map(\.event.id) == [Event.sample("child").id])
            #expect(trace.effects[0].effects.map(\.event.id) == [Event.sample("grandchild").id])
            #expect(try await ledger.reports.trace(of: EventID(derivedFrom: ["no"])) == nil)
        }
    }

    @Test(arguments: [
        ("turns SET delta = x'0203'", "table 'turns'"), ("tool_calls SET arguments = 'x'", "a tool call"),
        ("actions SET arguments = 'x'", "an action"), ("events SET attributes = 'x'", "table 'events'"),
        ("invocations SET priority = 9", "an invocation"),
    ])
    func `a part that is damaged is named, and everything else is shown`(damage: String, name: String) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            let root = Event.sample("a")
            _ = try await ledger.events.accept(
                .sample("child", cause: root.id, root: root.root), policy: policy, now: start)
            try folder.rawConnection(droppingTriggers: false).script(
                "PRAGMA ignore_check_constraints = ON; UPDATE \(damage)")
            let trace = try #require(try await ledger.reports.trace(of: root.id))
            #expect(!trace.allDamage.isEmpty)
            #expect(trace.allDamage.allSatisfy { $0.contains(name) }, "\(trace.allDamage)")
            #expect(trace.decisions.map(\.reasons) == [["it matched"]])
            #expect(trace.effects.map(\.event.id) == [Event.sample("child").id])
            guard !damage.hasPrefix("invocations") else { return }
            let run = try #require(trace.invocations.first)
            #expect(run.turns.map(\.n) == [1])
            #expect(run.actions.count == (damage.hasPrefix("actions") ? 0 : 1))
            #expect(run.turns[0].calls.count == (damage.hasPrefix("tool_calls") ? 0 : 1))
        }
    }

    @Test func `reasons that are damaged are named, and are no reasons`() async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            _ = try await ledger.running("a", try await ledger.worker())
            try folder.rawConnection(droppingTriggers: false).script("UPDATE decisions SET reasons = 'x'")
            let trace = try #require(try await ledger.reports.trace(of: Event.sample("a").id))
            #expect(trace.decisions.map(\.outcome) == ["dispatched"])
            #expect(trace.decisions.map(\.reasons) == [[]])
            #expect(trace.damage.count == 1)
            #expect(trace.damage.first?.contains("column reasons holds something that is not JSON") == true)
            #expect(try await ledger.dispatch.status(limit: 10, now: start).pendingCount == 0)
        }
    }

    @Test func `a trace is quiet when its runs have ended or wait for a person`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            func isQuiet() async throws -> Bool? { try await ledger.reports.trace(of: Event.sample("a").id)?.isQuiet }
            #expect(try await isQuiet() == false)
            #expect(try await ledger.invocations.held(by: worker.id) == [invocation.id])
            #expect(try await ledger.invocations.isHeld(by: worker.id))
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w", autonomy: .approve)])
            #expect(try await isQuiet() == true)
            #expect(try await !ledger.invocations.isHeld(by: worker.id))
            _ = try await ledger.events.accept(
                .sample("child", cause: Event.sample("a").id, root: Event.sample("a").root), policy: policy, now: start)
            #expect(try await isQuiet() == false)
        }
    }

    @Test func `an event is found by its own id, an invocation's or an action's`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w")])
            let event = Event.sample("a").id
            for text in [
                event.description, invocation.id.description, ActionID(derivedFrom: ["action", "w"]).description,
            ] {
                #expect(try await ledger.reports.eventID(for: text) == event)
            }
            #expect(try await ledger.reports.eventID(for: "nonsense") == nil)
            #expect(try await ledger.reports.eventID(for: EventID(derivedFrom: ["no"]).description) == nil)
        }
    }

    @Test func `a tree of any size is drawn to a limit`() async throws {
        try await withLedger { ledger async throws in
            let root = Event.sample("0")
            _ = try await ledger.events.accept(root, policy: policy, now: start)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...1500 {
                    let parent = Event.sample("\((number - 1) / 4)").id
                    group.addTask {
                        _ = try await ledger.events.accept(
                            .sample("\(number)", cause: parent, root: root.root), policy: policy, now: start)
                    }
                }
                try await group.waitForAll()
            }
            func size(_ trace: EventTrace) -> Int { trace.effects.reduce(1) { $0 + size($1) } }
            #expect(size(try #require(try await ledger.reports.trace(of: root.id))) == 1000)
        }
    }

    @Test func `a loop of causes ends`() async throws {
        try await withLedger { ledger async throws in
            let (a, b) = (Event.sample("a").id, Event.sample("b").id)
            _ = try await ledger.events.accept(.sample("a", cause: b, root: a), policy: policy, now: start)
            _ = try await ledger.events.accept(.sample("b", cause: a, root: a), policy: policy, now: start)
            #expect(try await ledger.reports.trace(of: a) != nil)
        }
    }

    @Test func `a root is quiet when nothing of it is under way but what waits for a person`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let root = Event.sample("a").root
            #expect(try await ledger.reports.isQuiet(root: root))
            _ = try await ledger.events.accept(.sample("a"), policy: policy, now: start)
            #expect(try await !ledger.reports.isQuiet(root: root))
            #expect(try await ledger.reports.isQuiet(root: Event.sample("b").root))
            try await ledger.queue("a")
            #expect(try await !ledger.reports.isQuiet(root: root))
            let invocation = try #require(try await ledger.claim(worker))
            #expect(try await !ledger.reports.isQuiet(root: nil))
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w", autonomy: .approve)])
            #expect(try await ledger.reports.isQuiet(root: root))
            let id = try #require(try await ledger.actions.awaitingApproval().whole.first?.action.id)
            _ = try await ledger.actions.decide(
                id, approve: true, actor: "user:ada", reason: nil, waitUntil: start, now: start)
            #expect(try await !ledger.reports.isQuiet(root: root))
        }
    }

    @Test func `the newest invocations come first`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.queue("a", agent: "ranger")
            try await ledger.queue("b", agent: "healer")
            try await ledger.queue("c", agent: "ranger")
            #expect(try await ledger.invocations.recent(limit: 2).map(\.agent) == ["ranger", "healer"])
            #expect(try await ledger.invocations.recent(agent: "ranger", limit: 9).count == 2)
        }
    }
}
