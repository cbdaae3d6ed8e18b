import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

/// The dispatcher over a real ledger and a clock that a test moves.
private struct Desk {
    let office: Office

    /// - Parameter trigger: members of the clerk's one trigger.
    init(vendor: RawServer? = nil, trigger: String = "", _ changes: [String: String?] = [:]) throws {
        let agent = OfficeCodex.agent("clerk", "triggers:\n  - { type: webhook, source: github\(trigger) }")
        var files: [String: String?] = ["agents/clerk.yaml": agent]
        for (path, text) in changes { files[path] = text }
        office = try Office(vendor: vendor, files)
    }

    var dispatcher: Dispatcher {
        office.dispatcher()
    }

    func send(_ event: Event) async throws {
        _ = try await office.ledger.events.accept(
            event, policy: AcceptancePolicy(actor: "tester"), now: office.time.now)
    }

    func decide(_ events: Event...) async throws {
        for event in events { try await send(event) }
        _ = try await dispatcher.dispatchWaiting()
    }

    func advance(_ seconds: Int64) async throws {
        office.time.advance(by: .seconds(seconds))
        _ = try await dispatcher.dispatchWaiting()
    }

    func outcomes(_ event: Event) async throws -> [String] {
        try await office.ledger.reports.trace(of: event.id)?.decisions.map(\.outcome) ?? []
    }

    func decisions(_ event: Event) async throws -> [EventTrace.DecisionRow] {
        try await office.ledger.reports.trace(of: event.id)?.decisions ?? []
    }

    func queued() async throws -> [Invocation] { try await office.ledger.invocations.unfinished(limit: 1000) }
}

@Suite(.timeLimit(.minutes(5))) struct AdmissionTests {
    private static let debounce = ", debounce: { window: 60s, key: \"{{data.key}}\", maxWait: 150s }"

    private func event(_ name: String, key: JSONValue = "a") -> Event { .sample(name, data: ["key": key]) }

    @Test func `events of one key become one invocation when the window has closed`() async throws {
        let desk = try Desk(trigger: Self.debounce)
        let (first, second, other) = (event("1"), event("2"), event("3", key: "b"))
        try await desk.decide(first)
        try await desk.advance(50)
        try await desk.decide(second, other)
        #expect(try await desk.outcomes(first) == ["deferred"])
        #expect(try await desk.outcomes(second) == ["debounced"])
        #expect(try await desk.queued().isEmpty)
        #expect(try await !desk.office.ledger.reports.isQuiet(root: first.root))
        try await desk.advance(59)
        #expect(try await desk.queued().isEmpty, "the second has put it off")
        try await desk.advance(1)
        #expect(try await desk.outcomes(first) == ["deferred", "dispatched"])
        let runs = try await desk.queued()
        #expect(runs.count == 2)
        let run = try #require(runs.first { $0.event == first.id })
        #expect(try await desk.decisions(second).first?.invocation == run.id)
        #expect(try await desk.decisions(first).map(\.invocation) == [run.id, run.id])
        #expect(try await desk.decisions(first).map(\.isFinal) == [false, true])
        let merged = try await desk.office.ledger.dispatch.mergedEvents(of: run.id, limit: 10)
        #expect(merged.events.map(\.id) == [first.id, second.id])
        #expect(merged.events.map(\.payload) == [first.payload, second.payload])
        #expect(try await desk.office.ledger.reports.pendingWork().events == false)
    }

    @Test func `one key in two repositories is two windows, so that a run has one place`() async throws {
        let desk = try Desk(trigger: Self.debounce)
        var other = event("2")
        other.containers = [Container(system: "github", name: "other/repo")]
        var shouted = event("3")
        shouted.containers = [Container(system: "github", name: "ACME/Shop")]
        var nowhere = event("4", key: "github:acme/shop a")
        nowhere.containers = []
        try await desk.decide(event("1"))
        try await desk.decide(other, shouted, nowhere)
        try await desk.advance(60)
        let runs = try await desk.queued()
        #expect(Set(runs.map(\.event)) == [event("1").id, other.id, nowhere.id])
        #expect(try await desk.outcomes(shouted) == ["debounced"])
    }

    @Test func `a stream of events waits no longer than the longest wait`() async throws {
        let desk = try Desk(trigger: Self.debounce)
        for number in 0..<6 {
            try await desk.decide(event("\(number)"))
            try await desk.advance(30)
        }
        #expect(try await desk.queued().count == 1)
        #expect(try await desk.outcomes(event("0")) == ["deferred", "dispatched"])
        #expect(try await desk.outcomes(event("5")) == ["deferred"])
    }

    @Test(arguments: [JSONValue.null, "", "  "])
    func `a key that renders empty is not debounced, with a warning`(key: JSONValue) async throws {
        let desk = try Desk(trigger: Self.debounce)
        try await desk.decide(event("1", key: key), event("2", key: key))
        #expect(try await desk.queued().count == 2)
        let reasons = try await desk.decisions(event("1", key: key)).flatMap(\.reasons)
        #expect(reasons.last == "warning: not debounced: its key {{data.key}} is empty")
    }

    @Test func `two dispatchers close a window once`() async throws {
        let desk = try Desk(trigger: Self.debounce)
        for number in 0..<40 { try await desk.send(event("\(number)", key: .string("k\(number % 20)"))) }
        _ = try await desk.dispatcher.dispatchWaiting()
        desk.office.time.advance(by: .seconds(60))
        async let one = desk.dispatcher.dispatchWaiting()
        async let two = desk.dispatcher.dispatchWaiting()
        _ = try await (one, two)
        #expect(try await desk.queued().count == 20)
    }

    @Test func `the agent sees the list of the events`() async throws {
        let vendor = try Vendor.serving(.text("Done."))
        let desk = try Desk(
            vendor: vendor, trigger: Self.debounce,
            ["prompts/clerk.md": "Events:{{#events}} {{data.n}}{{/events}}\n"])
        for number in 1...3 {
            try await desk.decide(.sample("\(number)", data: ["key": "a", "n": .integer(number)]))
        }
        try await desk.advance(60)
        let worker = try await desk.office.worker()
        #expect(try await desk.office.attempt(worker)?.state == .succeeded)
        let body = try #require(try vendor.bodies.last).text()
        #expect(body.contains("Events: 1 2 3"))
        #expect(body.contains("The 3 events that called you, the oldest first."))
    }

    @Test func `what an agent may not take at once gets its turn later, and each has one final decision`() async throws
    {
        let limits = OfficeCodex.manifest(
            "RateLimitPolicy", "limits", "limits: [{ scope: agent, match: clerk, requests_per_minute: 6, burst: 2 }]")
        let desk = try Desk(["policies/limits.yaml": limits])
        let events = (0..<4).map { event("\($0)") }
        for event in events { try await desk.decide(event) }
        #expect(try await desk.queued().count == 2)
        let waiting = try await desk.decisions(events[3])
        #expect(waiting.map(\.outcome) == ["rate-limited"])
        #expect(waiting.first?.until == start + .seconds(20))
        #expect(waiting.first?.isFinal == false)
        try await desk.advance(10)
        #expect(try await desk.outcomes(events[2]) == ["rate-limited", "dispatched"])
        #expect(try await desk.queued().count == 3)
        try await desk.advance(10)
        #expect(try await desk.outcomes(events[3]) == ["rate-limited", "dispatched"])
        #expect(try await desk.office.ledger.reports.pendingWork().events == false)
    }

    @Test func `an agent that is gone when its turn comes is not started`() async throws {
        let limits = OfficeCodex.manifest(
            "RateLimitPolicy", "limits", "limits: [{ scope: organization, requests_per_minute: 6, burst: 1 }]")
        let desk = try Desk(["policies/limits.yaml": limits])
        let (first, second) = (event("1"), event("2"))
        try await desk.decide(first)
        try await desk.decide(second)
        let without = try Office([
            "agents/clerk.yaml": nil, "chapters/office.yaml": nil, "ingress/github.yaml": nil,
            "agents/other.yaml": OfficeCodex.agent("other").replacing("chapter: Office", with: "labels: {}"),
        ])
        desk.office.codex.accept(without.head)
        try await desk.advance(10)
        #expect(try await desk.outcomes(second) == ["rate-limited", "unrouted"])
        #expect(try await desk.queued().count == 1)
    }

    @Test func `tokens that were used count against the rate`() async throws {
        let limits = OfficeCodex.manifest(
            "RateLimitPolicy", "limits", "limits: [{ scope: chapter, tokens_per_minute: 60 }]")
        let desk = try Desk(vendor: try Vendor.serving(.text("Done.")), ["policies/limits.yaml": limits])
        try await desk.decide(event("1"))
        let worker = try await desk.office.worker()
        #expect(try await desk.office.attempt(worker)?.usage.total == 110)
        try await desk.decide(event("2"))
        #expect(try await desk.decisions(event("2")).first?.until == start + .seconds(110))
        try await desk.advance(110)
        #expect(try await desk.outcomes(event("2")) == ["rate-limited", "dispatched"])
    }

    @Test func `tokens are taken before they are used, and those of a cancelled run are given back`() async throws {
        let limits = OfficeCodex.manifest(
            "RateLimitPolicy", "limits", "limits: [{ scope: chapter, tokens_per_minute: 8K }]")
        let desk = try Desk(vendor: try Vendor.serving(.text("Done.")), ["policies/limits.yaml": limits])
        for number in 0..<5 { try await desk.decide(event("\(number)")) }
        #expect(try await desk.queued().count == 2)
        var turns: [Duration?] = []
        for number in 2..<5 {
            turns.append(try await desk.decisions(event("\(number)")).first?.until.map { $0 - start })
        }
        #expect(turns == [.seconds(30), .seconds(60), .seconds(90)])
        // One is cancelled and the other uses 110 of its 4,000: what they leave is there for the next ones.
        let cancelled = try #require(try await desk.queued().last)
        _ = try await desk.office.ledger.invocations.requestCancel(cancelled.id, actor: "user:ada", now: start)
        #expect(try await desk.office.attempt(try await desk.office.worker())?.usage.total == 110)
        try await desk.decide(event("5"))
        // By now a run is expected to use 110.
        #expect(try await desk.outcomes(event("5")) == ["rate-limited"])
        let until = try #require(try await desk.decisions(event("5")).first?.until)
        #expect(until - start == .microseconds(31_650_000))
        try await desk.advance(90)
        #expect(try await desk.outcomes(event("4")) == ["rate-limited", "dispatched"])
    }

    @Test func `past the depth LOW work is refused with a time, and CRITICAL never`() async throws {
        let policy = OfficeCodex.manifest(
            "SchedulingPolicy", "scheduling", "backpressure: { depth: 2, retry_after: 90s }")
        let desk = try Desk(["policies/scheduling.yaml": policy])
        for (number, priority) in [Priority.normal, .normal, .low, .background, .normal, .critical].enumerated() {
            var event = event("\(number)")
            event.priority = priority
            try await desk.decide(event)
        }
        #expect(try await desk.outcomes(event("2")) == ["rejected"])
        #expect(try await desk.outcomes(event("3")) == ["rejected"])
        #expect(try await desk.decisions(event("2")).first?.until == start + .seconds(90))
        #expect(try await desk.queued().map(\.priority) == [.critical, .normal, .normal, .normal])
    }

    @Test func `a backtest decides recorded events by another revision and writes nothing`() async throws {
        let vendor = try Vendor.serving(.text("Done."))
        let desk = try Desk(vendor: vendor)
        let worker = try await desk.office.worker()
        for number in 0..<4 {
            try await desk.decide(event("\(number)"))
            #expect(try await desk.office.attempt(worker)?.state == .succeeded)
            try await desk.advance(10)
        }
        let before = try await desk.office.auditKinds().count
        let debounced = try Desk(trigger: Self.debounce).office.head
        let test = try await Backtest.run(debounced, since: start, in: desk.office.ledger.reports)
        #expect(test.events == 4)
        #expect(test.changed == 0)
        let line = try #require(test.lines.first)
        #expect((line.recorded, line.expected, line.merged) == (4, 1, 3))
        #expect(line.expectedTokens == 110)
        let none = try OfficeCodex.snapshot()
        let gone = try await Backtest.run(none, since: start, in: desk.office.ledger.reports)
        #expect(gone.changed == 4)
        #expect(gone.changes.first?.removed == ["clerk"])
        #expect(try await desk.office.auditKinds().count == before)
    }
}
