import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct SchedulesTests {
    private func step(_ due: Timestamp, _ name: String, of schedule: String = "ranger/patrol") -> ScheduleStep {
        ScheduleStep(
            schedule: schedule, missed: [],
            firings: [FiringRequest(schedule: schedule, dueAt: due, event: .sample(name))], seenUntil: due)
    }

    @Test func `a due time fires exactly once, whoever tries`() async throws {
        try await withTwoLedgers { one, two async throws in
            let due = start + .seconds(60)
            try await one.schedules.enlist(schedules: ["ranger/patrol"], since: start)
            let outcomes = try await withThrowingTaskGroup(of: [FiringOutcome].self) { group in
                for number in 0..<20 {
                    let ledger = number.isMultiple(of: 2) ? one : two
                    group.addTask {
                        try await ledger.schedules.take([step(due, "try\(number)")], commit: "c", now: due)
                    }
                }
                return try await group.reduce(into: [FiringOutcome]()) { $0 += $1 }
            }
            #expect(outcomes.filter { $0 == .fired }.count == 1)
            #expect(outcomes.filter { $0 == .already }.count == 19)
            #expect(try await one.dispatch.inbound(limit: 99, now: due).count == 1)
            #expect(try await one.schedules.seen() == ["ranger/patrol": due])
            #expect(try await one.auditKinds() == ["schedule.fired"])
            let next = due + .seconds(60)
            #expect(try await two.schedules.take([step(next, "next")], commit: "c", now: next) == [.fired])
        }
    }

    @Test func `a mark that goes back lets nothing fire twice, and what never fired once`() async throws {
        try await withLedger { ledger async throws in
            let (early, late) = (start + .seconds(60), start + .seconds(120))
            #expect(try await ledger.schedules.take([step(late, "late")], commit: "c", now: late) == [.fired])
            // Dealt with by the mark, though it never fired.
            #expect(try await ledger.schedules.take([step(early, "early")], commit: "c", now: late) == [.already])
            try await ledger.schedules.rewind(markedAfter: late, to: start)
            #expect(try await ledger.schedules.seen() == ["ranger/patrol": late])
            try await ledger.schedules.rewind(markedAfter: start, to: start)
            #expect(try await ledger.schedules.seen() == ["ranger/patrol": start])
            #expect(try await ledger.schedules.take([step(early, "early")], commit: "c", now: late) == [.fired])
            #expect(try await ledger.schedules.take([step(late, "again")], commit: "c", now: late) == [.already])
            let all = try await ledger.schedules.firings(of: "ranger/patrol", since: start, until: late, limit: 9)
            #expect(all.map(\.dueAt) == [early, late])
            #expect(all.map(\.at) == [late, late])
        }
    }

    @Test func `firings stay for as long as a backfill may look back, and a day more`() async throws {
        try await withLedger { ledger async throws in
            _ = try await ledger.schedules.take([step(start, "old")], commit: "c", now: start)
            let mark = ScheduleStep(
                schedule: "ranger/patrol", missed: [], firings: [], seenUntil: start + .seconds(3 * 86_400))
            _ = try await ledger.schedules.take([mark], commit: "c", now: start)
            let plan = RetentionPlan(rawMessages: .seconds(3600), policy: "built in")
            let kept = try await ledger.upkeep.prune(plan, actor: "retention", now: start + Firing.backfillReach)
            #expect(kept.firings == 0)
            let late = start + Firing.backfillReach + .seconds(86_401)
            #expect(try await ledger.upkeep.prune(plan, actor: "retention", now: late).firings == 1)
        }
    }

    @Test func `what has an event has fired, also where its firing is not recorded any more`() async throws {
        try await withLedger { ledger async throws in
            _ = try await ledger.schedules.take([step(start, "old")], commit: "c", now: start)
            try await ledger.write { try $0.run("DELETE FROM firings") }
            let request = FiringRequest(
                schedule: "ranger/patrol", dueAt: start, kind: .backfill, event: .sample("old"))
            #expect(try await ledger.schedules.fire([request], asked: nil, commit: "c", now: start) == [.already])
            #expect(try await ledger.dispatch.inbound(limit: 9, now: start).count == 1)
            let ids = ["old", "new"].map { Event.sample($0).id }
            #expect(try await ledger.schedules.known(ids) == [ids[0]])
            // Retention remembers its id for a while.
            try await ledger.write { db in
                for table in ["messages", "open_firings", "events"] { try db.run("DELETE FROM \(table)") }
                let plan = RetentionPlan(rawMessages: .seconds(3600), policy: "built in")
                try db.retention.remember(ids[0], receivedAt: start, plan, now: start)
            }
            #expect(try await ledger.schedules.fire([request], asked: nil, commit: "c", now: start) == [.already])
        }
    }

    @Test func `a known schedule keeps its place, and its place only goes forward`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.schedules.enlist(schedules: ["a", "b"], since: start)
            try await ledger.schedules.enlist(schedules: ["a", "c"], since: start + .seconds(9))
            for seconds in [5, 3] {
                let step = ScheduleStep(
                    schedule: "b", missed: [], firings: [], seenUntil: start + .seconds(seconds))
                #expect(try await ledger.schedules.take([step], commit: "c", now: start) == [])
            }
            #expect(
                try await ledger.schedules.seen() == ["a": start, "b": start + .seconds(5), "c": start + .seconds(9)])
            try await ledger.schedules.enlist(schedules: [], since: start)
        }
    }

    @Test func `more schedules than one transaction takes are enlisted`() async throws {
        try await withLedger { ledger async throws in
            try await ledger.schedules.enlist(schedules: (0..<1234).map { "s\($0)" }, since: start)
            #expect(try await ledger.schedules.seen().count == 1234)
        }
    }

    @Test func `what is missed side by side for one reason is one row and one audit entry`() async throws {
        try await withLedger { ledger async throws in
            func miss(_ first: Int, _ last: Int, _ count: Int, _ reason: MissedReason) async throws {
                let missed = MissedFirings(
                    schedule: "a", first: start + .seconds(first), last: start + .seconds(last), count: count,
                    reason: reason)
                let step = ScheduleStep(schedule: "a", missed: [missed], firings: [], seenUntil: missed.last)
                _ = try await ledger.schedules.take([step], commit: "c", now: start)
            }
            try await miss(1, 5, 5, .window)
            try await miss(6, 8, 3, .window)
            // Another scheduler tells the same.
            try await miss(6, 8, 3, .window)
            try await miss(9, 9, 1, .overlap)
            _ = try await ledger.schedules.take([step(start + .seconds(10), "fired", of: "a")], commit: "c", now: start)
            try await miss(11, 11, 1, .overlap)
            let all = try await ledger.schedules.missedFirings(since: start, limit: 9)
            #expect(all.map(\.reason) == [.overlap, .overlap, .window])
            #expect(all.map(\.count) == [1, 1, 8])
            #expect(try await ledger.auditKinds().filter { $0 == "schedule.missed" }.count == 3)
        }
    }

    @Test func `the mean of an agent's runs is that of its latest ended ones`() async throws {
        try await withLedger { ledger async throws in
            #expect(try await ledger.schedules.meanTokens(of: "ranger") == nil)
            try await ledger.write { db in
                try db.events.insert(.sample("e"), body: .inline([]), receivedAt: start)
                for number in 0..<60 {
                    let tokens = number < 10 ? 1_000_000 : number
                    try db.run(
                        """
                        INSERT INTO invocations (id, agent, commit_id, event, root, priority, state, created_at,
                            available_at, input, output) VALUES (?, 'ranger', 'c', ?, ?, 2, ?, 0, 0, ?, 1)
                        """,
                        [
                            InvocationID(derivedFrom: ["\(number)"]), Event.sample("e").id, Event.sample("e").root,
                            number.isMultiple(of: 2) ? "succeeded" : "failed", tokens,
                        ])
                }
                try db.run(
                    """
                    INSERT INTO invocations (id, agent, commit_id, event, root, priority, state, created_at,
                        available_at) VALUES (?, 'ranger', 'c', ?, ?, 2, 'queued', 0, 0)
                    """,
                    [
                        InvocationID(derivedFrom: ["queued"]), Event.sample("e").id, Event.sample("e").root,
                    ])
            }
            // 10 to 59, each and one of output: 35.5.
            #expect(try await ledger.schedules.meanTokens(of: "ranger") == RunMean(tokens: 36, runs: 50))
            #expect(try await ledger.schedules.pendingRuns(of: "ranger", schedule: "a", since: start) == 1)
            _ = try await ledger.schedules.take([step(start + .seconds(1), "f", of: "a")], commit: "c", now: start)
            #expect(try await ledger.schedules.pendingRuns(of: "ranger", schedule: "a", since: start) == 2)
            #expect(try await ledger.schedules.tokensUsed(by: "ranger", since: start) == 0)
        }
    }
}
