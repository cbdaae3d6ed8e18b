import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

/// Pauses of schedules and of their agents, as lists and forecasts see them.
@Suite struct ScheduleHoldTests {
    private func office() throws -> Office {
        let trigger = """
            triggers:
              - { type: cron, name: round, schedule: "0 * * * *", timezone: UTC }
              - { type: cron, name: late, schedule: "0 * * * *", timezone: UTC, jitter: 30m }
            """
        return try Office(["agents/clerk.yaml": OfficeCodex.agent("clerk", trigger)])
    }

    private func entry(_ name: String, _ office: Office) throws -> ScheduleEntry {
        let entries = ScheduleEntry.all(in: office.head)
        return try #require(entries.first { $0.id == "clerk/\(name)" })
    }

    private func pause(_ target: String, for duration: Duration) -> ScheduleHold {
        ScheduleHold(
            SchedulePause(target: target, since: start, until: start + duration, actor: "user:ada", reason: nil))
    }

    /// `start` is 14:13:20.
    private let fifteen = start + .seconds(2800)
    private let hour = Duration.seconds(3600)

    @Test func `the next due time is after every pause that holds it, and there is none while one has no end`()
        async throws
    {
        let office = try office()
        let round = try entry("round", office)
        #expect(round.next(after: start, held: []) == fifteen)
        #expect(round.next(after: start, held: [pause("clerk/round", for: hour * 2)]) == fifteen + hour * 2)
        let both = [pause("clerk", for: hour * 5), pause("clerk/round", for: hour * 2)]
        #expect(round.next(after: start, held: both) == fifteen + hour * 5)
        // The end is no part of a pause.
        #expect(round.next(after: start, held: [pause("clerk", for: .seconds(2800))]) == fifteen)
        let forever = try await office.ledger.agents.pause(
            agent: "clerk", reason: nil, until: nil, actor: "user:ada", commit: nil, now: start)
        #expect(round.next(after: start, held: [ScheduleHold(forever)]) == nil)
    }

    @Test func `a due time within a pause whose jitter ends after it is the next`() throws {
        let office = try office()
        let late = try entry("late", office)
        let turn = late.turn(of: fifteen)
        try #require(turn > fifteen)
        #expect(late.next(after: start, held: [pause("clerk", for: turn - start)]) == fifteen)
        let longer = pause("clerk", for: turn + .microseconds(1) - start)
        #expect(late.next(after: start, held: [longer]) == fifteen + hour)
    }

    @Test func `a pause of the agent holds its schedules, and is ended by its own command`() async throws {
        let office = try office()
        let desk = office.scheduleDesk()
        let round = try ScheduleSelection("clerk/round", in: office.head)
        _ = try await desk.pause(round, for: hour, reason: nil)
        _ = try await office.ledger.agents.pause(
            agent: "clerk", reason: "too loud", until: nil, actor: "user:ada", commit: nil, now: start)
        let holds = try await desk.holds(on: round)
        #expect(holds.map(\.command) == ["guild registry resume clerk", "guild schedule resume clerk/round"])
        let late = try await desk.holds(on: try ScheduleSelection("clerk/late", in: office.head))
        #expect(late.map(\.isOfAgent) == [true])
    }

    @Test func `a forecast counts what a pause of the agent holds as paused, and names the pause`() async throws {
        let office = try office()
        let entries = [try entry("round", office)]
        let forecast = {
            try await ScheduleForecast.make(
                entries, in: office.head, schedules: office.ledger.schedules, agents: office.ledger.agents,
                from: start, to: start + .seconds(86_400), now: start)
        }
        let free = try await forecast()
        #expect(free.map(\.runs) == [24])
        #expect(free.map(\.holds) == [[]])
        _ = try await office.ledger.agents.pause(
            agent: "clerk", reason: nil, until: start + hour * 4, actor: "user:ada", commit: nil, now: start)
        let some = try await forecast()
        #expect(some.map(\.runs) == [20])
        #expect(some.map(\.paused) == [4])
        #expect(some.map { $0.holds.map(\.command) } == [["guild registry resume clerk"]])
    }
}
