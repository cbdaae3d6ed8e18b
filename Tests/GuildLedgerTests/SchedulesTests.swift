import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct SchedulesTests {
    @Test func `a due time fires exactly once, whoever tries`() async throws {
        try await withTwoLedgers { one, two async throws in
            let due = start + .seconds(60)
            try await one.enlist(schedules: ["ranger/patrol"], since: start)
            let fired = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<20 {
                    let ledger = number.isMultiple(of: 2) ? one : two
                    group.addTask {
                        try await ledger.fire(
                            schedule: "ranger/patrol", dueAt: due, event: .sample("try\(number)"), commit: "c", now: due
                        )
                    }
                }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(fired.filter { $0 }.count == 1)
            #expect(try await one.inbound(limit: 99, now: due).count == 1)
            #expect(try await one.schedulesSeen() == ["ranger/patrol": due])
            #expect(try await one.auditKinds() == ["schedule.fired"])
            let next = due + .seconds(60)
            #expect(
                try await two.fire(
                    schedule: "ranger/patrol", dueAt: next, event: .sample("next"), commit: "c", now: next))
        }
    }

    @Test func `a known schedule keeps its place, and its place only goes forward`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.enlist(schedules: ["a", "b"], since: start)
            try await ledger.enlist(schedules: ["a", "c"], since: start + .seconds(9))
            try await ledger.markSeen(schedule: "b", until: start + .seconds(5))
            try await ledger.markSeen(schedule: "b", until: start + .seconds(3))
            try await ledger.markSeen(schedule: "unknown", until: start)
            #expect(
                try await ledger.schedulesSeen() == ["a": start, "b": start + .seconds(5), "c": start + .seconds(9)])
            try await ledger.enlist(schedules: [], since: start)
        }
    }
}
