import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildControl

/// What becomes of a firing while the one before it waits somewhere, and of one that waits while the codex changes.
@Suite(.timeLimit(.minutes(5))) struct OverlapTests {
    private func agent(_ trigger: String, _ more: String = "") -> [String: String] {
        let text = """
            triggers:
              - { type: cron, name: round, schedule: "*/15 * * * *", timezone: UTC, catchUp: skip\(trigger) }
            \(more)
            """
        return ["agents/clerk.yaml": OfficeCodex.agent("clerk", text)]
    }

    private func office(_ trigger: String, _ more: String = "", _ changes: [String: String] = [:]) throws -> Office {
        try Office(agent(trigger, more).merging(changes) { $1 })
    }

    private func scheduler(_ office: Office) -> Scheduler {
        office.scheduler()
    }

    private func dispatch(_ office: Office) async throws {
        let dispatcher = office.dispatcher()
        while try await dispatcher.dispatchWaiting() > 0 {}
    }

    private func runs(_ office: Office) async throws -> [Invocation] {
        try await office.ledger.invocations.unfinished(limit: 100)
    }

    private func end(_ office: Office) async throws {
        for run in try await runs(office) {
            _ = try await office.ledger.invocations.requestCancel(run.id, actor: "user:ada", now: office.time.now)
        }
    }

    private func recorded(_ office: Office, _ schedule: String = "clerk/round") async throws -> [Firing] {
        try await office.ledger.schedules.firings(
            of: schedule, since: Timestamp(microseconds: .min), until: Timestamp(microseconds: .max), limit: 100)
    }

    private func outcomes(_ office: Office, _ firing: Firing) async throws -> [String] {
        try await office.ledger.reports.trace(of: firing.event)?.decisions.map(\.outcome) ?? []
    }

    /// `start` is 14:13:20.
    private func quarter(_ number: Int) -> Timestamp { start + .seconds(100 + 900 * number) }

    // MARK: A firing waits

    private static let cancels = ", overlap: cancel_other"
    private static let window = ", debounce: { window: 20m, key: all }"

    @Test func `a firing that waits for a rate is cancelled by the next`() async throws {
        let limits = OfficeCodex.manifest(
            "RateLimitPolicy", "limits", "limits: [{ scope: agent, match: clerk, requests_per_minute: 1, burst: 1 }]")
        let office = try office(Self.cancels, "  - { type: webhook, source: github }", ["policies/limits.yaml": limits])
        _ = try await scheduler(office).fireDue()
        office.time.set(to: quarter(0))
        // The one that the rate has room for.
        _ = try await office.ledger.events.accept(
            .sample("issue"), policy: AcceptancePolicy(actor: "tester"), now: office.time.now)
        try await dispatch(office)
        for number in 0..<2 {
            office.time.set(to: quarter(number))
            _ = try await scheduler(office).fireDue()
            try await dispatch(office)
        }
        let firings = try await recorded(office)
        #expect(firings.count == 2)
        #expect(try await outcomes(office, firings[0]) == ["rate-limited", "blocked by policy"])
        #expect(try await outcomes(office, firings[1]) == ["dispatched"])
        #expect(try await runs(office).map(\.event).filter { $0 == firings[0].event }.isEmpty)
        #expect(try await runs(office).count == 2)
        #expect(try await office.ledger.reports.pendingWork().events == false)
    }

    @Test func `a firing whose window is open is cancelled by the next, with its window`() async throws {
        let office = try office(Self.cancels + Self.window)
        _ = try await scheduler(office).fireDue()
        for number in 0..<2 {
            office.time.set(to: quarter(number))
            _ = try await scheduler(office).fireDue()
            try await dispatch(office)
        }
        let firings = try await recorded(office)
        #expect(try await outcomes(office, firings[0]) == ["deferred", "blocked by policy"])
        #expect(try await outcomes(office, firings[1]) == ["deferred"])
        office.time.advance(by: .seconds(1200))
        try await dispatch(office)
        #expect(try await runs(office).map(\.event) == [firings[1].event])
        let merged = try await office.ledger.dispatch.mergedEvents(of: try await runs(office)[0].id, limit: 9)
        #expect(merged.events.map(\.id) == [firings[1].event])
        #expect(try await office.ledger.reports.pendingWork().events == false)
    }

    private static func chapter(_ zone: String) -> [String: String] {
        let members = "master: clerk\nmembers: [{ id: ada, timezone: UTC }, { id: bo, timezone: \(zone) }]"
        return ["chapters/office.yaml": OfficeCodex.manifest("Chapter", "office", members)]
    }

    @Test func `a firing that joined another's window is open until that one's run has ended`() async throws {
        let office = try office(", perPerson: true, overlap: skip" + Self.window, "", Self.chapter("UTC"))
        _ = try await scheduler(office).fireDue()
        func count() async throws -> [Int] {
            [try await recorded(office, "clerk/round@ada").count, try await recorded(office, "clerk/round@bo").count]
        }
        for number in 0..<4 {
            office.time.set(to: quarter(number))
            _ = try await scheduler(office).fireDue()
            try await dispatch(office)
            // Then in the window, and then in the run.
            #expect(try await count() == [1, 1])
        }
        #expect(try await runs(office).count == 1)
        try await end(office)
        office.time.set(to: quarter(4))
        _ = try await scheduler(office).fireDue()
        #expect(try await count() == [2, 2])
    }

    @Test func `a window that others have joined stays theirs when its first event is cancelled`() async throws {
        let trigger = ", perPerson: true" + Self.cancels + Self.window
        let office = try office(trigger, "", Self.chapter("UTC"))
        _ = try await scheduler(office).fireDue()
        office.time.set(to: quarter(0))
        _ = try await scheduler(office).fireDue()
        try await dispatch(office)
        let window = try #require(try await office.ledger.dispatch.status(limit: 9, now: office.time.now).windows.first)
        #expect(window.window.events == 2)
        let ids = ["ada", "bo"].map { "clerk/round@\($0)" }
        let opener = try await recorded(office, ids[0])[0].event == window.event ? 0 : 1
        let (first, second) = (try await recorded(office, ids[opener]), try await recorded(office, ids[1 - opener]))
        // The schedule of the other is paused, so that only the opener fires again.
        let desk = office.scheduleDesk()
        _ = try await desk.pause(
            try ScheduleSelection(ids[1 - opener], in: office.head), for: .seconds(3600), reason: nil)
        office.time.set(to: quarter(1))
        _ = try await scheduler(office).fireDue()
        let left = try #require(try await office.ledger.dispatch.status(limit: 9, now: office.time.now).windows.first)
        #expect((left.event, left.root, left.window.events) == (second[0].event, second[0].event, 1))
        #expect(left.window.invocation == window.window.invocation)
        #expect(try await outcomes(office, first[0]) == ["deferred", "blocked by policy"])
        try await dispatch(office)
        office.time.advance(by: .seconds(1200))
        try await dispatch(office)
        #expect(try await runs(office).map(\.event).contains(second[0].event))
        #expect(try await outcomes(office, second[0]) == ["debounced", "dispatched"])
    }

    // MARK: The codex changes

    @Test func `a firing that waits is let go though no schedule lets any wait any more`() async throws {
        let office = try office(", overlap: buffer_one")
        let scheduler = scheduler(office)
        var table = Timetable()
        try await scheduler.fireDue(&table)
        for number in 0..<2 {
            office.time.set(to: quarter(number))
            try await scheduler.fireDue(&table)
        }
        try await dispatch(office)
        try office.push(agent(", overlap: skip"))
        try await scheduler.fireDue(&table)
        // The run is still going, and its end is still what the scheduler waits for.
        #expect(try await recorded(office).count == 1)
        #expect(table.waitsForRuns)
        try await end(office)
        try await scheduler.fireDue(&table)
        #expect(try await recorded(office).map(\.kind) == [.due, .buffered])
        #expect(!table.waitsForRuns)
    }

    @Test func `a firing that waits for an agent that is gone is passed over`() async throws {
        let office = try office(", overlap: buffer_one")
        let scheduler = scheduler(office)
        var table = Timetable()
        try await scheduler.fireDue(&table)
        for number in 0..<2 {
            office.time.set(to: quarter(number))
            try await scheduler.fireDue(&table)
        }
        try await dispatch(office)
        try await end(office)
        try office.push(["agents/clerk.yaml": OfficeCodex.agent("clerk")])
        try await scheduler.fireDue(&table)
        #expect(try await recorded(office).count == 1)
        #expect(try await office.ledger.schedules.hasBuffered() == false)
        #expect(try await office.ledger.schedules.missedFirings(since: start, limit: 9).map(\.reason) == [.overlap])
    }
}
