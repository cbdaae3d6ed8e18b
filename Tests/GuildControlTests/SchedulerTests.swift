import Foundation
import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildControl

@Suite struct SchedulerTests {
    private func office(
        _ catchUp: String = "{ policy: run_once, window: 1h }", _ more: String = ", overlap: allow",
        schedule: String = "*/15 * * * *", agent: String = ""
    ) throws -> Office {
        let trigger = """
            triggers:
              - { type: cron, name: round, schedule: "\(schedule)", timezone: UTC, intent: ROUND, priority: HIGH,
                  catchUp: \(catchUp)\(more) }
            \(agent)
            """
        return try Office(["agents/clerk.yaml": OfficeCodex.agent("clerk", trigger)])
    }

    private func scheduler(_ office: Office) -> Scheduler {
        office.scheduler()
    }

    private func firings(_ office: Office) async throws -> [Timestamp] {
        try await office.ledger.dispatch.inbound(limit: 20_000, now: office.time.now).map(\.event.time)
    }

    private func recorded(_ office: Office, _ schedule: String = "clerk/round") async throws -> [Firing] {
        try await office.ledger.schedules.firings(
            of: schedule, since: Timestamp(microseconds: .min), until: Timestamp(microseconds: .max), limit: 20_000)
    }

    private func missed(_ office: Office) async throws -> [String] {
        try await office.ledger.schedules.missedFirings(since: Timestamp(microseconds: .min), limit: 100).reversed()
            .map { "\($0.reason.rawValue) \($0.count)" }
    }

    private func dispatch(_ office: Office) async throws {
        let dispatcher = office.dispatcher()
        while try await dispatcher.dispatchWaiting() > 0 {}
    }

    /// Claims and ends what is queued.
    private func work(_ office: Office) async throws {
        let worker = try await office.worker()
        while let claim = try await office.ledger.invocations.claim(
            ClaimScope(), upTo: 1, worker: worker, now: office.time.now
        ).first {
            try await office.ledger.invocations.end(
                claim.invocation, as: .failed, outcome: "a test", now: office.time.now)
        }
    }

    /// `start` is 14:13:20.
    private let quarterPast = start + .seconds(100)
    private let quarter = Duration.seconds(900)

    @Test func `a schedule that is new fires nothing of the past, and then each time once`() async throws {
        let office = try office()
        let scheduler = scheduler(office)
        #expect(try await scheduler.fireDue() == quarterPast)
        office.time.set(to: quarterPast)
        #expect(try await scheduler.fireDue() == quarterPast + quarter)
        _ = try await scheduler.fireDue()
        #expect(try await firings(office) == [quarterPast])
        let event = try #require(try await office.ledger.dispatch.inbound(limit: 1, now: office.time.now).first?.event)
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
        try await office.ledger.budgets.noteLimits([limit], rules: BudgetRules(), now: office.time.now)
        office.time.set(to: quarterPast)
        _ = try await scheduler.fireDue()
        #expect(try await firings(office) == [])
        office.time.advance(by: .seconds(300))
        _ = try await office.ledger.budgets.grant(
            GrantRequest(account: .organization, tokens: 100, reason: "go on", actor: "user:ada"), now: office.time.now)
        _ = try await scheduler.fireDue()
        #expect(try await firings(office) == [quarterPast])
    }

    @Test func `of two schedulers one fires each time, also where one clock is behind`() async throws {
        let office = try office()
        let behind = ManualTimeOffset(time: office.time, offset: .seconds(-20))
        let other = Scheduler(
            schedules: office.ledger.schedules, budgets: office.ledger.budgets, codex: office.codex, time: behind,
            logger: silent)
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
        #expect(try await recorded(office).map(\.kind) == [.catchUp])
        #expect(try await missed(office) == ["window 1000", "run_once 3"])
        _ = try await scheduler(office).fireDue()
        #expect(try await firings(office).count == 1)
        #expect(try await office.auditKinds() == ["schedule.missed", "schedule.missed", "schedule.fired"])
    }

    @Test func `run_all catches up with as many as the agent's budget has room for, queued runs counted`() async throws
    {
        let office = try office(
            "{ policy: run_all, window: 7d }",
            agent: "resources: { tokenBudget: { perInvocation: 1K, perDay: 10K } }")
        _ = try await scheduler(office).fireDue()
        office.time.advance(by: .seconds(4 * 3600))
        _ = try await scheduler(office).fireDue()
        // Sixteen were missed; ten of the largest fit the day.
        let latest = quarterPast + .seconds(4 * 3600 - 900)
        #expect(try await firings(office) == (0..<10).reversed().map { latest - quarter * $0 })
        #expect(try await missed(office) == ["budget 6"])
        // They have spent nothing yet, and count all the same.
        office.time.advance(by: .seconds(3600))
        _ = try await scheduler(office).fireDue()
        #expect(try await firings(office).count == 10)
        #expect(try await missed(office) == ["budget 6", "budget 4"])
    }

    // MARK: Clock steps

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
        office.time.set(to: quarterPast + quarter)
        _ = try await scheduler.fireDue()
        #expect(try await firings(office).contains(quarterPast + quarter))
    }

    @Test(.timeLimit(.minutes(2)), arguments: [false, true])
    func `steps of an hour both ways fire each time once, in one life or in many`(restarts: Bool) async throws {
        let office = try office("{ policy: run_all, window: 2h }")
        let scheduler = scheduler(office)
        var table = Timetable()
        try await scheduler.fireDue(&table)
        for step in [900, 3600, 450, -3600, 450, 900, 900, -3600, 3600, 900, 3600, 900, -3600, 900, 3600] {
            office.time.advance(by: .seconds(step))
            if restarts { table = Timetable() }
            try await scheduler.fireDue(&table)
        }
        let end = office.time.now
        let all = try await recorded(office).map(\.dueAt)
        let wanted = sequence(first: quarterPast) { $0 + quarter }.prefix { $0 <= max(end, all.last ?? end) }
        #expect(all == Array(wanted))
        #expect(try await office.auditKinds().filter { $0 == "schedule.fired" }.count == all.count)
        #expect(Set(try await firings(office)).count == all.count)
    }

    // MARK: Overlap

    /// Fires at the first quarter past, and then a quarter of an hour later each.
    private func fire(_ office: Office, _ quarters: Range<Int>) async throws {
        for number in quarters {
            office.time.set(to: quarterPast + quarter * number)
            _ = try await scheduler(office).fireDue()
        }
    }

    @Test func `an overlapping firing is skipped, and noted once for a row of them`() async throws {
        let office = try office("skip", ", overlap: skip")
        _ = try await scheduler(office).fireDue()
        try await fire(office, 0..<4)
        #expect(try await recorded(office).count == 1)
        #expect(try await missed(office) == ["overlap 3"])
        #expect(try await office.auditKinds() == ["schedule.fired", "schedule.missed"])
        // Decided but not run yet, it is still going.
        try await dispatch(office)
        try await fire(office, 4..<5)
        #expect(try await recorded(office).count == 1)
        try await work(office)
        try await fire(office, 5..<6)
        #expect(try await recorded(office).count == 2)
        #expect(try await missed(office) == ["overlap 4"])
    }

    @Test(.timeLimit(.minutes(1))) func `one overlapping firing waits, and fires when the run has ended`() async throws
    {
        let office = try office("skip", ", overlap: buffer_one")
        _ = try await scheduler(office).fireDue()
        try await fire(office, 0..<3)
        try await dispatch(office)
        #expect(try await recorded(office).count == 1)
        #expect(try await missed(office) == ["overlap 1"])
        let running = Task { [scheduler = scheduler(office)] in try await scheduler.run() }
        await office.time.waitForSleeper(until: office.time.now + .seconds(30))
        // The end of the run wakes it, not the clock.
        try await work(office)
        try await office.wait(.inbound) { try await recorded(office).count == 2 }
        #expect(try await recorded(office).map(\.kind) == [.due, .buffered])
        #expect(try await recorded(office).map(\.dueAt) == [quarterPast, quarterPast + quarter])
        running.cancel()
        _ = await running.result
    }

    @Test func `an overlapping firing cancels the run before it, decided or not`() async throws {
        let office = try office("skip", ", overlap: cancel_other")
        _ = try await scheduler(office).fireDue()
        // The first was never decided: it calls nobody any more.
        try await fire(office, 0..<2)
        #expect(try await firings(office) == [quarterPast + quarter])
        try await dispatch(office)
        #expect(try await office.ledger.invocations.unfinished(limit: 10).count == 1)
        try await fire(office, 2..<3)
        #expect(try await office.ledger.invocations.unfinished(limit: 10).isEmpty)
        try await dispatch(office)
        #expect(try await office.ledger.invocations.unfinished(limit: 10).count == 1)
        #expect(try await recorded(office).count == 3)
        #expect(try await office.auditKinds().filter { $0 == "invocation.ended" }.count == 1)
    }

    // MARK: Jitter and persons

    @Test func `a firing comes at its turn and is known by its due time`() async throws {
        let office = try office("skip", ", overlap: allow, jitter: 10m", schedule: "0 * * * *")
        let scheduler = scheduler(office)
        let turn = try #require(try await scheduler.fireDue())
        let due = start - .seconds(800) + .seconds(3600)
        #expect(turn > due && turn <= due + .seconds(600))
        office.time.set(to: turn - .milliseconds(1))
        #expect(try await scheduler.fireDue() == turn)
        #expect(try await recorded(office).isEmpty)
        office.time.set(to: turn)
        _ = try await scheduler.fireDue()
        #expect(try await recorded(office).map(\.dueAt) == [due])
    }

    @Test func `each person has firings of their own`() async throws {
        let office = try office("skip", ", perPerson: true", schedule: "30 * * * *")
        try office.push([
            "chapters/office.yaml": OfficeCodex.manifest(
                "Chapter", "office",
                "master: clerk\nmembers: [{ id: ada, timezone: Asia/Kolkata }, { id: bo, timezone: UTC }]")
        ])
        let scheduler = scheduler(office)
        _ = try await scheduler.fireDue()
        office.time.set(to: start + .seconds(2800))
        _ = try await scheduler.fireDue()
        // Half past in Kolkata is the full hour in UTC.
        #expect(try await recorded(office, "clerk/round@ada").map { $0.dueAt.seconds % 3600 } == [0])
        #expect(try await missed(office) == ["skip 1"])
        try await dispatch(office)
        #expect(try await office.ledger.invocations.unfinished(limit: 10).count == 1)
    }

    // MARK: Many

    @Test func `a thousand schedules fire exactly, in one burst and in the order of their turns`() async throws {
        let office = try office()
        let cron = try CronSchedule(parsing: "*/15 * * * *")
        let entries = (0..<1000).map { number in
            var trigger = CronTrigger(
                name: "many-\(number)", schedule: cron, expression: cron.description, timezone: "UTC")
            trigger.jitter = number.isMultiple(of: 2) ? .zero : .seconds(60)
            return ScheduleEntry(
                ScheduleEntry.Plan(agent: "clerk", chapter: nil, priority: .normal, cron: trigger), timezone: "UTC",
                zone: .gmt)
        }
        let scheduler = Scheduler(
            schedules: office.ledger.schedules, budgets: office.ledger.budgets, time: office.time, logger: silent
        ) {
            $0 == "c" ? nil : ("c", entries)
        }
        _ = try await scheduler.fireDue()
        office.time.set(to: quarterPast)
        _ = try await scheduler.fireDue()
        #expect(try await firings(office).count == 500)
        office.time.advance(by: .seconds(60))
        #expect(try await scheduler.fireDue() == quarterPast + quarter)
        #expect(try await firings(office).count == 1000)
        #expect(try await office.auditKinds().count == 1000)
    }

    @Test(.timeLimit(.minutes(1))) func `it sleeps until the next time, and wakes for another codex`() async throws {
        let office = try office()
        let running = Task { [scheduler = scheduler(office)] in try await scheduler.run() }
        for _ in 0..<3 {
            await office.time.waitForSleeper(until: office.time.now + .seconds(30))
            office.time.advance(by: .seconds(30))
        }
        await office.time.waitForSleeper(until: quarterPast)
        office.time.advance(by: .seconds(10))
        try await office.wait(.inbound) { try await firings(office) == [quarterPast] }
        try office.push([
            "agents/clerk.yaml": OfficeCodex.agent(
                "clerk", "triggers:\n  - { type: cron, name: soon, schedule: \"16 * * * *\", timezone: UTC }")
        ])
        office.ledger.raiseAll()
        while try await office.ledger.schedules.seen()["clerk/soon"] == nil { await Task.yield() }
        office.time.advance(by: .seconds(60))
        try await office.wait(.inbound) { try await firings(office).count == 2 }
        running.cancel()
        _ = await running.result
    }

    @Test func `a firing is the same event whoever makes it`() throws {
        let office = try office()
        let entry = try #require(ScheduleEntry.all(in: office.head).first)
        #expect(ScheduleEvent.make(entry, dueAt: start) == ScheduleEvent.make(entry, dueAt: start))
        #expect(ScheduleEvent.make(entry, dueAt: start).id != ScheduleEvent.make(entry, dueAt: quarterPast).id)
    }
}

/// A clock that is always off by the same.
private struct ManualTimeOffset: TimeSource {
    let time: any TimeSource
    let offset: Duration

    var now: Timestamp { time.now + offset }
    func sleep(until deadline: Timestamp) async throws { try await time.sleep(until: deadline - offset) }
}
