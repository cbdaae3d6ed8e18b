import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct DispatchTests {
    private func message(_ ledger: Ledger) async throws -> InboundMessage {
        _ = try await ledger.events.accept(.sample("one"), policy: AcceptancePolicy(actor: "tester"), now: start)
        return try #require(try await ledger.dispatch.inbound(limit: 1, now: start).first)
    }

    private func decision(_ name: String = "one") -> Decision {
        Decision(
            rule: "agents/ranger#0", agent: "ranger", outcome: .dispatched, reasons: ["first", "second"],
            invocation: NewInvocation(
                id: InvocationID(derivedFrom: [name]), agent: "ranger", chapter: nil, priority: .low,
                options: ["model": "big"]))
    }

    @Test func `two dispatchers that decide one event leave one decision`() async throws {
        try await withTwoLedgers { one, two async throws in
            let message = try await message(one)
            async let first = one.dispatch.record(message, [decision("a")], commit: "c1", now: start)
            async let second = two.dispatch.record(message, [decision("b")], commit: "c2", now: start)
            let results = try await [first, second]
            #expect(results.count { $0 != nil } == 1)
            #expect(try await one.count("SELECT count(*) FROM decisions") == 1)
            #expect(try await one.count("SELECT count(*) FROM invocations") == 1)
            #expect(try await one.dispatch.inbound(limit: 1, now: start).isEmpty)
            #expect(try await two.dispatch.record(message, [decision("c")], commit: "c", now: start) == nil)
        }
    }

    @Test func `a decision that cannot be written leaves the message where it was`() async throws {
        try await withLedger { ledger async throws in
            let message = try await message(ledger)
            // Two invocations of one id.
            await #expect(throws: RowFault.self) {
                try await ledger.dispatch.record(message, [decision(), decision()], commit: "c", now: start)
            }
            #expect(try await ledger.dispatch.inbound(limit: 1, now: start).count == 1)
            #expect(try await ledger.count("SELECT count(*) FROM invocations") == 0)
            #expect(try await ledger.dispatch.record(message, [decision()], commit: "c", now: start) != nil)
        }
    }

    @Test func `a decision without an invocation still says why`() async throws {
        try await withLedger { ledger async throws in
            let message = try await message(ledger)
            let unrouted = Decision(rule: "", agent: "", outcome: .unrouted, reasons: ["nothing matched"])
            #expect(try await ledger.dispatch.record(message, [unrouted], commit: "c", now: start) != nil)
            let trace = try #require(try await ledger.reports.trace(of: message.event.id))
            #expect(trace.decisions.map(\.outcome) == ["unrouted"])
            #expect(trace.decisions.map(\.reasons) == [["nothing matched"]])
            #expect(try await ledger.reports.isQuiet(root: nil))
        }
    }

    @Test func `what a person begins is for that person's worker, with the options asked for`() async throws {
        try await withLedger { ledger async throws in
            let (mine, other) = (try await ledger.worker(), try await ledger.worker())
            let event = Event.sample("run")
            try await ledger.dispatch.beginRun(
                event, decision(), actor: "user:ada", commit: "c", lease: mine.lease(now: start), now: start)
            #expect(try await ledger.claim(other) == nil)
            let claimed = try await ledger.invocations.claim(
                ClaimScope(root: event.root), upTo: 1, worker: mine, now: start
            ).first
            #expect(claimed?.options["model"]?.string == "big")
            #expect(claimed?.invocation.priority == .low)
            #expect(try await ledger.dispatch.inbound(limit: 1, now: start).isEmpty)
            #expect(try await ledger.auditKinds() == ["event.accepted", "dispatch.decided", "invocation.begun"])
        }
    }

    @Test func `a person may run an event that is in the ledger already`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            try await ledger.queue("run")
            try await ledger.dispatch.beginRun(
                .sample("run"), decision("again"), actor: "user:ada", commit: "c", lease: worker.lease(now: start),
                now: start)
            #expect(try await ledger.count("SELECT count(*) FROM events") == 1)
            #expect(try await ledger.count("SELECT max(revision) FROM decisions") == 1)
        }
    }
}

extension DispatchTests {
    @Test func `the dispatcher sees what an event's root has used`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("first", worker)
            try await ledger.turn(of: invocation, worker, usage: TokenUsage(input: 90, output: 40))
            let root = invocation.root
            for event in [Event.sample("next", cause: root, root: root), .sample("other")] {
                _ = try await ledger.events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: start)
            }
            #expect(try await ledger.dispatch.inbound(limit: 9, now: start).map(\.rootTokens) == [130, 0])
        }
    }
}
