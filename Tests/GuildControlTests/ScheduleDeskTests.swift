import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@Suite struct ScheduleDeskTests {
    private func office() throws -> Office {
        let trigger = """
            triggers:
              - { type: cron, name: round, schedule: "0 * * * *", timezone: UTC, catchUp: { policy: run_all, window: 7d },
                  overlap: skip }
              - { type: cron, name: night, schedule: "0 3 * * *", timezone: UTC }
            resources: { tokenBudget: { perInvocation: 5K } }
            """
        return try Office(["agents/clerk.yaml": OfficeCodex.agent("clerk", trigger)])
    }

    private func desk(_ office: Office) -> ScheduleDesk {
        office.scheduleDesk()
    }

    private func pick(_ text: String, _ office: Office) throws -> ScheduleSelection {
        try ScheduleSelection(text, in: office.head)
    }

    private func fire(_ office: Office) async throws {
        _ = try await office.scheduler().fireDue()
    }

    private func rounds(_ office: Office) async throws -> [Firing] {
        try await office.ledger.schedules.firings(
            of: "clerk/round", since: start - .seconds(86_400), until: start + .seconds(30 * 86_400), limit: 1000)
    }

    private func commands(_ office: Office) async throws -> [String] {
        var filter = AuditFilter()
        filter.kind = "operator.command"
        return try await office.ledger.audit.log(filter).map { entry in
            "\(entry.actor) \(entry.subject) \(entry.body?["command"]?.string ?? "")"
        }
    }

    /// `start` is 14:13:20.
    private let fifteen = start + .seconds(2800)
    private let hour = Duration.seconds(3600)

    @Test(arguments: ["clerk", "clerk/round"])
    func `what comes in a pause does not fire, nor is it caught up with`(target: String) async throws {
        let office = try office()
        try await fire(office)
        office.time.set(to: fifteen - .seconds(60))
        let pause = try await desk(office).pause(try pick(target, office), for: hour * 2, reason: "a freeze")
        #expect(pause.until == fifteen + .seconds(7140))
        office.time.set(to: fifteen)
        try await fire(office)
        #expect(try await rounds(office).isEmpty)
        // Nobody looked while the pause went on and ended by itself.
        office.time.set(to: fifteen + hour * 3)
        try await fire(office)
        #expect(try await rounds(office).map(\.dueAt) == [fifteen + hour * 2])
        let missed = try await office.ledger.schedules.missedFirings(since: start, limit: 10)
        #expect(missed.map(\.reason).contains(.paused))
        #expect(missed.first { $0.reason == .paused }?.count == 2)
    }

    @Test func `a person ends a pause; both are in the audit log`() async throws {
        let office = try office()
        try await fire(office)
        let desk = desk(office)
        let clerk = try pick("clerk", office)
        _ = try await desk.pause(clerk, for: hour * 100, reason: nil)
        #expect(try await desk.resume(try pick("clerk/round", office)) == [])
        #expect(try await desk.holds(on: try pick("clerk/round", office)).map(\.target) == ["clerk"])
        office.time.set(to: fifteen - .seconds(1))
        #expect(try await desk.resume(clerk) == ["clerk"])
        #expect(try await desk.holds(on: clerk).isEmpty)
        office.time.set(to: fifteen)
        try await fire(office)
        #expect(try await rounds(office).count == 1)
        #expect(try await commands(office) == ["user:ada clerk schedule pause", "user:ada clerk schedule resume"])
    }

    @Test func `an agent is resumed with the schedules that were paused one by one, a schedule alone`() async throws {
        let office = try office()
        let desk = desk(office)
        let (clerk, round) = (try pick("clerk", office), try pick("clerk/round", office))
        let night = try pick("clerk/night", office)
        for selection in [round, night] { _ = try await desk.pause(selection, for: hour * 100, reason: nil) }
        #expect(try await desk.resume(round) == ["clerk/round"])
        #expect(try await desk.holds(on: clerk).map(\.target) == ["clerk/night"])
        for selection in [clerk, round] { _ = try await desk.pause(selection, for: hour * 100, reason: nil) }
        // What is named is what must run afterwards.
        #expect(try await desk.resume(clerk) == ["clerk", "clerk/night", "clerk/round"])
        #expect(try await desk.holds(on: clerk).isEmpty)
        #expect(try await commands(office).suffix(3).allSatisfy { $0.hasSuffix("schedule resume") })
        #expect(try await desk.resume(clerk) == [])
    }

    @Test func `a person fires a schedule that is paused and still going, beside its own due times`() async throws {
        let office = try office()
        try await fire(office)
        let (desk, round) = (desk(office), try pick("clerk/round", office))
        _ = try await desk.pause(round, for: hour, reason: nil)
        office.time.advance(by: .seconds(10))
        for _ in 0..<2 {
            office.time.advance(by: .seconds(1))
            let fired = try await desk.trigger(round)
            #expect(fired.map(\.outcome) == [.fired])
        }
        _ = try await desk.resume(round)
        #expect(try await rounds(office).map(\.kind) == [.trigger, .trigger])
        // They are runs of the schedule: the next due time overlaps.
        office.time.set(to: fifteen)
        try await fire(office)
        #expect(try await rounds(office).count == 2)
        #expect(try await office.ledger.schedules.missedFirings(since: start, limit: 10).map(\.reason) == [.overlap])
    }

    @Test func `the past is fired once, whatever fired it, and a second time does nothing`() async throws {
        let office = try office()
        try await fire(office)
        office.time.set(to: fifteen)
        try await fire(office)
        office.time.advance(by: hour * 5)
        let (desk, round) = (desk(office), try pick("clerk/round", office))
        let unfired = try await desk.unfired(round, from: fifteen, to: office.time.now)
        #expect(unfired.map(\.dueAt) == (1...5).map { fifteen + hour * $0 })
        let fired = try await desk.backfill(round, from: fifteen, to: office.time.now)
        #expect(fired.count == 5)
        #expect(try await desk.backfill(round, from: fifteen, to: office.time.now).isEmpty)
        // The scheduler that comes back finds them done.
        try await fire(office)
        #expect(try await rounds(office).map(\.dueAt) == (0...5).map { fifteen + hour * $0 })
        #expect(try await rounds(office).map(\.kind) == [.due] + Array(repeating: .backfill, count: 5))
        await #expect(throws: Failure.self) {
            try await desk.backfill(round, from: start - .seconds(90 * 86_400), to: office.time.now)
        }
    }

    @Test func `the past is fired once also where retention has been at work meanwhile`() async throws {
        let office = try office()
        try await fire(office)
        let (desk, round) = (desk(office), try pick("clerk/round", office))
        office.time.set(to: fifteen + hour * 5)
        #expect(try await desk.backfill(round, from: fifteen, to: office.time.now).count == 6)
        let dispatcher = office.dispatcher()
        while try await dispatcher.dispatchWaiting() > 0 {}
        for run in try await office.ledger.invocations.unfinished(limit: 10) {
            _ = try await office.ledger.invocations.requestCancel(run.id, actor: "user:ada", now: office.time.now)
        }
        // Three weeks later the schedule has gone on, and retention has taken whatever it may.
        office.time.advance(by: hour * (24 * 21))
        try await fire(office)
        let plan = RetentionPlan(rawMessages: hour, policy: "built in")
        let report = try await office.ledger.upkeep.prune(plan, actor: "retention", now: office.time.now)
        #expect(report.eventsErased == 6)
        #expect(report.firings == 0)
        #expect(try await desk.backfill(round, from: fifteen, to: fifteen + hour * 5).isEmpty)
        // One of which only the event is left.
        let entry = try #require(round.entries.first)
        let event = ScheduleEvent.make(entry, dueAt: fifteen + hour * 6, kind: .due)
        _ = try await office.ledger.events.accept(
            event, policy: AcceptancePolicy(actor: "tester"), now: office.time.now)
        let unfired = try await desk.unfired(round, from: fifteen, to: fifteen + hour * 7)
        #expect(unfired.map(\.dueAt) == [fifteen + hour * 7])
    }

    @Test func `what lies further back than firings are kept is refused`() async throws {
        let office = try office()
        let (desk, night) = (desk(office), try pick("clerk/night", office))
        office.time.advance(by: hour * (24 * 60))
        let now = office.time.now
        let first = now - Firing.backfillReach
        #expect(try await desk.unfired(night, from: first - .seconds(60), to: now).count == 31)
        let early = first - .seconds(61)
        let failure = await #expect(throws: Failure.self) { try await desk.unfired(night, from: early, to: now) }
        #expect(failure?.kind == .usage)
        #expect(
            failure?.message
                == "--from \(early.rfc3339) is more than 31 days back: the firings of that time are no longer recorded")
        #expect(failure?.hint?.contains(first.rfc3339) == true)
        await #expect(throws: Failure.self) { try await desk.backfill(night, from: early, to: now) }
        let fired = try await office.ledger.schedules.firings(
            of: "clerk/night", since: Timestamp(seconds: 0), until: now, limit: 1)
        #expect(fired.isEmpty)
    }

    @Test func `a forecast takes the runs of an agent that never ran at its limit, and leaves out what a pause holds`()
        async throws
    {
        let office = try office()
        let entries = ScheduleEntry.all(in: office.head)
        let forecast = { (now: Timestamp) in
            try await ScheduleForecast.make(
                entries, in: office.head, schedules: office.ledger.schedules, from: start,
                to: start + .seconds(86_400), now: now)
        }
        let first = try await forecast(start)
        #expect(first.map(\.schedule) == ["clerk/night", "clerk/round"])
        #expect(first.map(\.runs) == [1, 24])
        #expect(first.map(\.tokens) == [5000, 120_000])
        #expect(first.map(\.meanOf) == [0, 0])
        _ = try await desk(office).pause(try pick("clerk/night", office), for: hour * 24, reason: nil)
        let second = try await forecast(start)
        #expect(second.map(\.runs) == [0, 24])
        #expect(second.map(\.paused) == [1, 0])
    }
}
