import GuildDomain
import GuildLedger
import GuildOffice
import Testing

@testable import GuildControl

@Suite struct ScheduleEntryTests {
    private func entry(
        _ cron: String, _ catchUp: String = "{ policy: run_once, window: 1h }", _ more: String = ""
    ) throws -> ScheduleEntry {
        let spec =
            "triggers:\n  - { type: cron, name: round, schedule: \"\(cron)\", timezone: UTC, catchUp: \(catchUp)\(more) }"
        let snapshot = try OfficeCodex.snapshot(["agents/clerk.yaml": OfficeCodex.agent("clerk", spec)])
        return try #require(ScheduleEntry.all(in: snapshot).first)
    }

    private func at(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: "2026-09-21T\(text)Z")) }

    @Test func `a schedule has the id of its agent and name, and the agent's chapter`() throws {
        let entry = try entry("0 9 * * *")
        #expect(entry.id == "clerk/round")
        #expect(entry.chapter == "office")
        #expect(entry.next(after: try at("09:00:00")) == (try at("09:00:00")) + .seconds(86_400))
    }

    @Test(arguments: ["skip", "run_once", "run_all"])
    func `a time that comes while we run fires whatever the policy`(policy: String) throws {
        let entry = try entry("0 * * * *", policy)
        let due = entry.due(after: try at("08:59:59"), now: try at("09:00:00"))
        #expect(due == .init(onTime: [try at("09:00:00")], seenUntil: try at("09:00:00")))
        let late = entry.due(after: try at("08:59:59"), now: try at("09:01:00"))
        #expect(late.onTime == [try at("09:00:00")])
        #expect(entry.due(after: try at("09:00:00"), now: try at("09:59:59")) == .init())
    }

    @Test(arguments: [
        ("{ policy: skip }", [], ["window 05-07", "skip 08-08"]),
        ("{ policy: run_once, window: 2h }", ["08:00:00"], ["window 05-06", "run_once 07-07"]),
        ("{ policy: run_once, window: 30m }", [], ["window 05-08"]),
        ("{ policy: run_once, window: 31m }", ["08:00:00"], ["window 05-07"]),
        ("{ policy: run_all, window: 2h }", ["07:00:00", "08:00:00"], ["window 05-06"]),
        ("{ policy: run_all, window: 7d }", ["05:00:00", "06:00:00", "07:00:00", "08:00:00"], []),
    ])
    func `missed times are caught up by policy and window, and what is not is named`(
        catchUp: String, times: [String], missed: [String]
    ) throws {
        let entry = try entry("0 * * * *", catchUp)
        let due = entry.due(after: try at("04:30:00"), now: try at("08:30:01"))
        #expect(try due.caughtUp == times.map { try at($0) })
        #expect(due.onTime.isEmpty)
        #expect(due.seenUntil == (try at("08:30:01")))
        let told = due.missed.map { missed in
            let hours = [missed.first, missed.last].map { $0.rfc3339.dropFirst(11).prefix(2) }
            return "\(missed.reason.rawValue) \(hours.joined(separator: "-"))"
        }
        #expect(told == missed)
        let count = due.missed.reduce(due.times.count) { $0 + $1.count }
        #expect(count == 4)
    }

    @Test func `what is on time makes a catch-up run needless`() throws {
        let entry = try entry("0 * * * *", "{ policy: run_once, window: 2h }")
        let due = entry.due(after: try at("04:30:00"), now: try at("08:00:05"))
        #expect(due.times == [try at("08:00:00")])
        #expect(due.missed.map(\.count) == [2, 1])
    }

    @Test func `after a year away a schedule of every second catches up with one run, at once`() throws {
        let entry = try entry("* 3 * * * *", "{ policy: run_once, window: 365d }")
        let now = try at("08:00:00")
        let due = entry.due(after: now - .seconds(400 * 86_400), now: now)
        #expect(due.times == [try at("03:59:59")])
        #expect(due.seenUntil == now)
        #expect(due.missed.map(\.reason) == [.window, .runOnce])
        #expect(due.missed.map(\.count) == [MissedFirings.countLimit, MissedFirings.countLimit])
        #expect(due.missed.last?.last == (try at("03:59:58")))
    }

    @Test(arguments: [(0, 12), (1, 11), (5, 7), (12, 0), (100, 0)])
    func `run_all catches up with the latest runs that the budget has room for`(allowance: Int, missed: Int) throws {
        let entry = try entry("*/10 * * * *", "{ policy: run_all, window: 2h }")
        let due = entry.due(after: try at("06:05:00"), now: try at("08:05:01"), allowance: allowance)
        #expect(due.caughtUp.count == 12 - missed)
        if allowance > 0 { #expect(due.caughtUp.last == (try at("08:00:00"))) }
        #expect(due.missed.reduce(0) { $0 + $1.count } == missed)
        #expect(due.missed.allSatisfy { $0.reason == .budget })
        #expect(due.seenUntil == (try at("08:05:01")))
    }

    @Test func `a catch-up has an end, however much was missed`() throws {
        let entry = try entry("* * * * * *", "{ policy: run_all, window: 7d }")
        let now = try at("08:00:00")
        let due = entry.due(after: now - .seconds(8 * 86_400), now: now)
        #expect(due.caughtUp.count == ScheduleEntry.catchUpLimit)
        #expect(due.onTime.count == 61)
        #expect(due.missed.map(\.reason) == [.window, .limit])
        #expect(due.missed.last.map { $0.last + .seconds(1) } == due.caughtUp.first)
    }

    // MARK: Jitter

    @Test func `jitter belongs to schedule and due time, stays within its bound and keeps the order`() throws {
        let entry = try entry("*/10 * * * *", "skip", ", jitter: 5m")
        let same = try self.entry("*/10 * * * *", "skip", ", jitter: 5m")
        let times = entry.times(after: try at("00:00:00"), until: try at("23:59:59"), limit: 1000)
        let offsets = times.map { (entry.turn(of: $0) - $0).microseconds }
        #expect(offsets == times.map { (same.turn(of: $0) - $0).microseconds })
        #expect(offsets.allSatisfy { (0...300_000_000).contains($0) })
        #expect(Set(offsets).count > times.count * 9 / 10)
        let wide = try self.entry("* * * * *", "skip", ", jitter: 1h")
        let minutes = wide.times(after: try at("00:00:00"), until: try at("03:00:00"), limit: 1000)
        #expect(zip(minutes, minutes.dropFirst()).allSatisfy { wide.turn(of: $0) < $1 })
    }

    @Test func `a due time waits for its turn, and is not missed meanwhile`() throws {
        let entry = try entry("0 * * * *", "{ policy: run_once, window: 2h }", ", jitter: 50m")
        let due = try at("08:00:00")
        let turn = entry.turn(of: due)
        try #require(turn > due)
        let before = entry.due(after: try at("07:59:00"), now: turn - .milliseconds(1))
        #expect(before == .init())
        #expect(entry.due(after: try at("07:59:00"), now: turn).onTime == [due])
        let late = entry.due(after: try at("07:59:00"), now: turn + .seconds(60))
        #expect(late.onTime == [due])
        #expect(late.seenUntil == turn + .seconds(60))
        // An earlier one is dealt with, the pending one stays.
        let both = entry.due(after: try at("06:59:00"), now: turn - .milliseconds(1))
        #expect(both.times == [try at("07:00:00")])
        #expect(both.seenUntil == due - .microseconds(1))
    }

    // MARK: Persons

    private static let people = OfficeCodex.manifest(
        "Chapter", "office",
        """
        master: clerk
        members:
          - { id: Ada, timezone: America/New_York }
          - { id: kim, timezone: Asia/Tokyo }
          - { id: bo }
        """)

    @Test func `a schedule at each person's own time is due in each person's own zone`() throws {
        let trigger = """
            triggers: [{ type: cron, name: digest, schedule: "30 8 * * *", timezone: UTC, perPerson: true }]
            """
        let snapshot = try OfficeCodex.snapshot([
            "agents/clerk.yaml": OfficeCodex.agent("clerk", trigger), "chapters/office.yaml": Self.people,
            "guild.yaml": OfficeCodex.manifest("Guild", "acme", "timezone: Europe/London"),
        ])
        let entries = ScheduleEntry.all(in: snapshot)
        #expect(entries.map(\.id) == ["clerk/digest@ada", "clerk/digest@kim", "clerk/digest@bo"])
        #expect(entries.map(\.timezone) == ["America/New_York", "Asia/Tokyo", "Europe/London"])
        let due = try entries.map { try #require($0.next(after: try at("00:00:00"))).rfc3339.dropFirst(11) }
        #expect(due == ["12:30:00Z", "23:30:00Z", "07:30:00Z"])
        let events = entries.map { ScheduleEvent.make($0, dueAt: start) }
        #expect(Set(events.map(\.id)).count == 3)
        #expect(Set(events.map(\.source)) == ["/schedule/clerk/digest"])
        #expect(try events[0].data()["person"] == "ada")
        #expect(entries[0].pauseTargets == ["clerk", "clerk/digest", "clerk/digest@ada"])
    }

    @Test func `a person names schedules by agent, schedule and person`() throws {
        let trigger = """
            triggers:
              - { type: cron, name: digest, schedule: "30 8 * * *", timezone: UTC, perPerson: true }
              - { type: cron, name: round, schedule: "0 9 * * *", timezone: UTC }
            """
        let snapshot = try OfficeCodex.snapshot([
            "agents/clerk.yaml": OfficeCodex.agent("clerk", trigger), "agents/idle.yaml": OfficeCodex.agent("idle"),
            "chapters/office.yaml": Self.people,
        ])
        let pick = { (text: String) in
            let selection = try ScheduleSelection(text, in: snapshot)
            return [selection.target, "\(selection.entries.count)"]
        }
        #expect(try pick("Clerk") == ["clerk", "4"])
        #expect(try pick("clerk/digest") == ["clerk/digest", "3"])
        #expect(try pick("clerk/digest@ADA") == ["clerk/digest@ada", "1"])
        for (text, message) in [
            ("nobody", "there is no agent 'nobody'"), ("idle", "idle has no schedule"),
            ("clerk/rund", "clerk has no schedule 'clerk/rund'"),
            ("clerk/digest@bob", "clerk has no schedule 'clerk/digest@bob'"),
        ] {
            #expect(throws: Failure(.usage, message, hint: Self.hint(text))) { try pick(text) }
        }
    }

    private static func hint(_ text: String) -> String? {
        switch text {
        case "nobody": "`guild schedule list` shows the schedules"
        case "idle": "`guild run idle` runs it without one"
        case "clerk/rund": "did you mean 'clerk/round'?"
        default: "did you mean 'clerk/digest@bo'?"
        }
    }
}
