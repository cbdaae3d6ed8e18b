import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@Suite struct DispatcherTests {
    private func office() throws -> Office {
        try Office(["agents/clerk.yaml": OfficeCodex.agent("clerk", "triggers:\n  - { type: webhook, source: github }")]
        )
    }

    private func dispatcher(_ office: Office) -> Dispatcher {
        office.dispatcher()
    }

    @Test func `two dispatchers decide each event once`() async throws {
        let office = try office()
        for number in 0..<60 {
            let event = Event.sample("\(number)", system: number % 3 == 0 ? "jira" : "github")
            _ = try await office.ledger.events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: start)
        }
        async let first = dispatcher(office).dispatchWaiting()
        async let second = dispatcher(office).dispatchWaiting()
        _ = try await (first, second)
        #expect(try await dispatcher(office).dispatchWaiting() == 0)
        #expect(try await office.auditKinds().filter { $0 == "dispatch.decided" }.count == 60)
        #expect(try await office.ledger.reports.status().invocationsByState == ["queued": 40])
        let trace = try #require(try await office.ledger.reports.trace(of: Event.sample("1").id))
        #expect(trace.decisions.map(\.outcome) == ["dispatched"])
        #expect(trace.decisions.map(\.commit) == [office.head.commit])
        #expect(trace.invocations.first?.invocation.commit == office.head.commit)
    }

    @Test func `a payload that cannot be read does not hold up what is behind it`() async throws {
        let office = try office()
        var broken = Event.sample("broken")
        broken.payload = Array("{\"a\":".utf8)
        for event in [broken, .sample("whole")] {
            _ = try await office.ledger.events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: start)
        }
        #expect(try await dispatcher(office).dispatchWaiting() == 2)
        #expect(try await office.ledger.reports.trace(of: broken.id)?.decisions.map(\.outcome) == ["invalid"])
        #expect(
            try await office.ledger.reports.trace(of: Event.sample("whole").id)?.decisions.map(\.outcome) == [
                "dispatched"
            ])
    }

    @Test func `what cannot be read leaves no work behind that a drain would wait for`() async throws {
        let office = try office()
        for name in ["lost", "newer", "whole"] {
            _ = try await office.ledger.events.accept(
                .sample(name), policy: AcceptancePolicy(actor: "tester"), now: start)
        }
        let (lost, newer) = (Event.sample("lost").id, Event.sample("newer").id)
        try await office.ledger.write { db in
            try db.run("DELETE FROM events WHERE id = ?", [lost])
            try db.run("UPDATE events SET body = x'020304' WHERE id = ?", [newer])
        }
        #expect(try await dispatcher(office).dispatchWaiting() == 1)
        #expect(try await !office.ledger.reports.pendingWork(dueBy: start).events)
        let decided = try await office.ledger.audit.log(AuditFilter()).filter { $0.kind == "dispatch.decided" }
        #expect(decided.map(\.subject).contains(lost.description))
        // Kept for a guild that can read it, and undecided.
        #expect(try await office.ledger.dispatch.unreadableEvents(limit: 9).map(\.id) == [newer])
        #expect(try await office.ledger.reports.trace(of: newer)?.decisions.isEmpty == true)
    }

    @Test(.timeLimit(.minutes(10))) func `it wakes for each event and ends when it is told to`() async throws {
        let office = try office()
        let running = Task { [dispatcher = dispatcher(office)] in try await dispatcher.run() }
        for name in ["a", "b"] {
            _ = try await office.ledger.events.accept(
                .sample(name), policy: AcceptancePolicy(actor: "tester"), now: office.time.now)
            try await office.wait(.invocations) {
                try await office.ledger.reports.trace(of: Event.sample(name).id)?.decisions.isEmpty == false
            }
        }
        running.cancel()
        // It may be told in the middle of a read; both ways are an end.
        switch await running.result {
        case .success: break
        case .failure(let error): #expect(error is CancellationError)
        }
    }

    @Test func `nothing is dispatched to a paused agent until it is resumed or its pause is over`() async throws {
        let office = try office()
        let send = { (name: String) async throws -> [String] in
            let event = Event.sample(name)
            _ = try await office.ledger.events.accept(
                event, policy: AcceptancePolicy(actor: "tester"), now: office.time.now)
            _ = try await dispatcher(office).dispatchWaiting()
            return try await office.ledger.reports.trace(of: event.id)?.decisions.map(\.outcome) ?? []
        }
        let pause = { (until: Timestamp?) async throws in
            _ = try await office.ledger.agents.pause(
                agent: "clerk", reason: "too loud", until: until, actor: "user:me", commit: nil, now: office.time.now)
        }
        try await pause(nil)
        #expect(try await send("a") == ["paused"])
        let reasons = try await office.ledger.reports.trace(of: Event.sample("a").id)?.decisions.first?.reasons
        #expect(reasons?.contains { $0.contains("paused by user:me") } == true)
        #expect(
            try await office.ledger.agents.resume(agent: "clerk", actor: "user:me", commit: nil, now: office.time.now))
        #expect(try await send("b") == ["dispatched"])
        try await pause(office.time.now + .seconds(10))
        #expect(try await send("c") == ["paused"])
        office.time.advance(by: .seconds(10))
        #expect(try await send("d") == ["dispatched"])
        #expect(try await office.ledger.reports.status().invocationsByState == ["queued": 2])
    }
}
