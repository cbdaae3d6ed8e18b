import GuildDomain
import Testing

@testable import GuildControl

@Suite struct ScheduleEntryTests {
    private func entry(_ cron: String, _ catchUp: String = "{ policy: run_once, window: 1h }") throws -> ScheduleEntry {
        let spec =
            "triggers:\n  - { type: cron, name: round, schedule: \"\(cron)\", timezone: UTC, catchUp: \(catchUp) }"
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
        let due = entry.due(after: try at("08:59:59"), now: try at("09:00:00"), limit: 10)
        #expect(due == .init(times: [try at("09:00:00")], seenUntil: try at("09:00:00")))
        let late = entry.due(after: try at("08:59:59"), now: try at("09:01:00"), limit: 10)
        #expect(late.times == [try at("09:00:00")])
        #expect(entry.due(after: try at("09:00:00"), now: try at("09:59:59"), limit: 10) == .init(times: []))
    }

    @Test(arguments: [
        ("{ policy: skip }", []), ("{ policy: run_once, window: 2h }", ["08:00:00"]),
        ("{ policy: run_once, window: 30m }", []), ("{ policy: run_once, window: 31m }", ["08:00:00"]),
        ("{ policy: run_all, window: 2h }", ["07:00:00", "08:00:00"]),
        ("{ policy: run_all, window: 7d }", ["05:00:00", "06:00:00", "07:00:00", "08:00:00"]),
    ])
    func `missed times are caught up by policy and window`(catchUp: String, times: [String]) throws {
        let entry = try entry("0 * * * *", catchUp)
        let due = entry.due(after: try at("04:30:00"), now: try at("08:30:01"), limit: 10)
        #expect(try due.times == times.map { try at($0) })
        #expect(due.seenUntil == (try at("08:30:01")))
    }

    @Test func `what is on time makes a catch-up run needless`() throws {
        let entry = try entry("0 * * * *")
        let due = entry.due(after: try at("04:30:00"), now: try at("08:00:05"), limit: 10)
        #expect(due.times == [try at("08:00:00")])
    }

    @Test func `after a year away a schedule of every second catches up with one run, at once`() throws {
        let entry = try entry("* 3 * * * *", "{ policy: run_once, window: 365d }")
        let now = try at("08:00:00")
        let due = entry.due(after: now - .seconds(400 * 86_400), now: now, limit: 10_000)
        #expect(due == .init(times: [try at("03:59:59")], seenUntil: now))
    }

    @Test func `catching everything up goes on in steps`() throws {
        let entry = try entry("*/10 * * * *", "{ policy: run_all, window: 2h }")
        var (since, fired): (Timestamp, [Timestamp]) = (try at("06:05:00"), [])
        var rounds = 0
        while true {
            let due = entry.due(after: since, now: try at("08:05:00"), limit: 5)
            fired += due.times
            rounds += 1
            since = try #require(due.seenUntil)
            if due.isComplete { break }
        }
        #expect(rounds == 3)
        #expect(fired.count == 12)
        #expect(fired.first == (try at("06:10:00")))
        #expect(fired.last == (try at("08:00:00")))
        #expect(Set(fired).count == 12)
    }
}
