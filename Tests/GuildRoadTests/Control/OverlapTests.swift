import GuildCodex
import GuildDomain
import GuildLedger
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
        Scheduler(ledger: office.ledger, codex: office.codex, time: office.time, logger: silent)
    }

    private func dispatch(_ office: Office) async throws {
        let dispatcher = Dispatcher(ledger: office.ledger, codex: office.codex, time: office.time, logger: silent)
        while try await dispatcher.dispatchWaiting() > 0 {}
    }

    private func runs(_ office: Office) async throws -> [Invocation] {
        try await office.ledger.unfinishedInvocations(limit: 100)
    }

    private func end(_ office: Office) async throws {
        for run in try await runs(office) {
            _ = try await office.ledger.requestCancel(run.id, actor: "user:ada", now: office.time.now)
        }
    }

    private func recorded(_ office: Office, _ schedule: String = "clerk/round") async throws -> [Firing] {
        try await office.ledger.firings(
            of: schedule, since: Timestamp(microseconds: .min), until: Timestamp(microseconds: .max), limit: 100)
    }

    private func outcomes(_ office: Office, _ firing: Firing) async throws -> [String] {
        try await office.ledger.trace(of: firing.event)?.decisions.map(\.outcome) ?? []
    }

    /// `start` is 14:13:20.
    private func quarter(_ number: Int) -> Timestamp { start + .seconds(100 + 900 * number) }

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
        #expect(try await office.ledger.hasBufferedFirings() == false)
        #expect(try await office.ledger.missedFirings(since: start, limit: 9).map(\.reason) == [.overlap])
    }
}
