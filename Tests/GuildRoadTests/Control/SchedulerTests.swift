import GuildControl
import GuildDomain
import GuildLedger
import GuildTestSupport
import Testing

@Suite struct SchedulerTests {
    private func office(_ catchUp: String = "{ policy: run_once, window: 1h }") throws -> Office {
        let trigger = """
            triggers:
              - { type: cron, name: round, schedule: "*/15 * * * *", timezone: UTC, intent: ROUND, priority: HIGH,
                  catchUp: \(catchUp) }
            """
        return try Office(["agents/clerk.yaml": OfficeCodex.agent("clerk", trigger)])
    }

    private func scheduler(_ office: Office) -> Scheduler {
        Scheduler(ledger: office.ledger, codex: office.codex, time: office.time, logger: silent)
    }

    private func firings(_ office: Office) async throws -> [Timestamp] {
        try await office.ledger.inbound(limit: 1000, now: office.time.now).map(\.event.time)
    }

    /// `start` is 14:13:20.
    private let quarterPast = start + .seconds(100)

    @Test func `a schedule that is new fires nothing of the past, and then each time once`() async throws {
        let office = try office()
        let scheduler = scheduler(office)
        #expect(try await scheduler.fireDue() == quarterPast)
        office.time.set(to: quarterPast)
        #expect(try await scheduler.fireDue() == quarterPast + .seconds(900))
        _ = try await scheduler.fireDue()
        #expect(try await firings(office) == [quarterPast])
        let event = try #require(try await office.ledger.inbound(limit: 1, now: office.time.now).first?.event)
        #expect(event.source == "/schedule/clerk/round")
        #expect(event.type == "schedule.fired")
        #expect(event.priority == .high)
        #expect(event.chapter == "office")
        #expect(try event.data()["intent"] == "ROUND")
        #expect(try event.data()["due"] == .string(quarterPast.rfc3339))
        #expect(try await office.auditKinds() == ["schedule.fired"])
    }

    @Test func `a red alert pauses it, and what it missed is caught up when a grant ends that`() async throws {
        let office = try office()
        let scheduler = scheduler(office)
        _ = try await scheduler.fireDue()
        let limit = AccountLimit(account: "organization", period: .day, tokens: 0, setting: "manaPool.perDay")
        try await office.ledger.noteLimits([limit], rules: BudgetRules(), now: office.time.now)
        office.time.set(to: quarterPast)
        _ = try await scheduler.fireDue()
        #expect(try await firings(office) == [])
        office.time.advance(by: .seconds(300))
        _ = try await office.ledger.grant(
            GrantRequest(account: .organization, tokens: 100, reason: "go on", actor: "user:ada"), now: office.time.now)
        _ = try await scheduler.fireDue()
        #expect(try await firings(office) == [quarterPast])
    }

    @Test func `of two schedulers one fires each time, also where one clock is behind`() async throws {
        let office = try office()
        let behind = ManualTimeOffset(time: office.time, offset: .seconds(-20))
        let other = Scheduler(ledger: office.ledger, codex: office.codex, time: behind, logger: silent)
        _ = try await scheduler(office).fireDue()
        for _ in 0..<8 {
            office.time.advance(by: .seconds(300))
            async let first = scheduler(office).fireDue()
            async let second = other.fireDue()
            _ = try await (first, second)
        }
        #expect(try await firings(office).sorted() == (0..<3).map { quarterPast + .seconds(900 * $0) })
    }

    @Test func `after an absence the last missed time fires, and then the schedule goes on`() async throws {
        let office = try office()
        _ = try await scheduler(office).fireDue()
        office.time.advance(by: .seconds(30 * 86_400))
        let next = try await scheduler(office).fireDue()
        #expect(next == quarterPast + .seconds(30 * 86_400))
        #expect(try await firings(office) == [quarterPast + .seconds(30 * 86_400 - 900)])
        _ = try await scheduler(office).fireDue()
        #expect(try await firings(office).count == 1)
    }

    @Test func `a clock that ran ahead for a while silences no schedule and fires nothing twice`() async throws {
        let office = try office()
        let scheduler = scheduler(office)
        _ = try await scheduler.fireDue()
        office.time.set(to: quarterPast)
        _ = try await scheduler.fireDue()
        // A year ahead, and back again to a little before the time that fired.
        office.time.set(to: quarterPast + .seconds(365 * 86_400))
        _ = try await scheduler.fireDue()
        office.time.set(to: quarterPast - .seconds(10))
        #expect(try await scheduler.fireDue() == quarterPast)
        office.time.set(to: quarterPast)
        _ = try await scheduler.fireDue()
        #expect(try await firings(office).filter { $0 == quarterPast }.count == 1)
        office.time.set(to: quarterPast + .seconds(900))
        _ = try await scheduler.fireDue()
        #expect(try await firings(office).contains(quarterPast + .seconds(900)))
    }

    @Test(.timeLimit(.minutes(1))) func `it sleeps until the next time, and wakes for another codex`() async throws {
        let office = try office()
        let running = Task { [scheduler = scheduler(office)] in try await scheduler.run() }
        await office.time.waitForSleeper(until: start + .seconds(60))
        office.time.advance(by: .seconds(60))
        await office.time.waitForSleeper(until: quarterPast)
        office.time.advance(by: .seconds(40))
        try await office.wait(.inbound) { try await firings(office) == [quarterPast] }
        try office.push([
            "agents/clerk.yaml": OfficeCodex.agent(
                "clerk", "triggers:\n  - { type: cron, name: soon, schedule: \"16 * * * *\", timezone: UTC }")
        ])
        office.ledger.raiseAll()
        while try await office.ledger.schedulesSeen()["clerk/soon"] == nil { await Task.yield() }
        office.time.advance(by: .seconds(60))
        try await office.wait(.inbound) { try await firings(office).count == 2 }
        running.cancel()
        _ = await running.result
    }

    @Test func `a firing is the same event whoever makes it`() {
        let make = { (dueAt: Timestamp) in
            ScheduleEvent.make(
                agent: "clerk", schedule: "round", intent: nil, timezone: "UTC", dueAt: dueAt, priority: .normal,
                chapter: nil)
        }
        #expect(make(start) == make(start))
        #expect(make(start).id != make(start + .seconds(60)).id)
    }
}

/// A clock that is always off by the same.
private struct ManualTimeOffset: TimeSource {
    let time: any TimeSource
    let offset: Duration

    var now: Timestamp { time.now + offset }
    func sleep(until deadline: Timestamp) async throws { try await time.sleep(until: deadline - offset) }
}
