import GuildDomain
import Testing

@testable import GuildLedger

private let day = Duration.seconds(86_400)

/// Firings, and what becomes of them when retention takes what they were.
@Suite struct OpenFiringsTests {
    private func request(
        _ name: String, at due: Timestamp, _ overlap: OverlapPolicy = .skip, kind: FiringKind = .due
    ) -> FiringRequest {
        FiringRequest(schedule: "ranger/patrol", dueAt: due, kind: kind, overlap: overlap, event: .sample(name))
    }

    private func take(_ ledger: Ledger, _ request: FiringRequest) async throws -> [FiringOutcome] {
        let step = ScheduleStep(
            schedule: request.schedule, missed: [], firings: [request], seenUntil: request.dueAt)
        return try await ledger.schedules.take([step], commit: "c0ffee", now: request.dueAt)
    }

    /// Decides what waits: that nobody wants it, or that the ranger runs for it and is done.
    private func decide(_ ledger: Ledger, runs: Bool) async throws {
        let message = try #require(try await ledger.dispatch.inbound(limit: 1, now: start).first)
        var decision = Decision(rule: "", agent: "", outcome: .unrouted, reasons: [])
        if runs {
            decision = Decision(
                rule: "agents/ranger#0", agent: "ranger", outcome: .dispatched, reasons: [],
                invocation: NewInvocation(
                    id: InvocationID(derivedFrom: ["run"]), agent: "ranger", chapter: nil, priority: .normal))
        }
        _ = try await ledger.dispatch.record(message, [decision], commit: "c0ffee", now: start)
        guard runs else { return }
        let run = try #require(try await ledger.claim(try await ledger.worker()))
        try await ledger.invocations.end(run, as: .succeeded, outcome: "done", now: start)
    }

    private func prune(_ ledger: Ledger, after age: Duration) async throws -> RetentionReport {
        let plan = RetentionPlan(rawMessages: .seconds(3600), policy: "policies/privacy.yaml:3")
        return try await ledger.upkeep.prune(plan, actor: "retention", now: start + age)
    }

    @Test(arguments: [OverlapPolicy.skip, .bufferOne, .cancelOther], [false, true])
    func `a schedule fires on after retention has taken its last event`(
        overlap: OverlapPolicy, runs: Bool
    ) async throws {
        try await withLedger { ledger async throws in
            #expect(try await take(ledger, request("one", at: start, overlap)) == [.fired])
            try await decide(ledger, runs: runs)
            let report = try await prune(ledger, after: day)
            #expect(report.eventsDeleted == (runs ? 0 : 1))
            #expect(report.eventsErased == (runs ? 1 : 0))
            #expect(try await ledger.schedules.pendingRuns(of: "ranger", schedule: "ranger/patrol", since: start) == 0)
            #expect(try await take(ledger, request("two", at: start + day, overlap)) == [.fired])
            #expect(try await ledger.schedules.hasBuffered() == false)
            #expect(try await ledger.count("SELECT count(*) FROM decisions WHERE outcome LIKE 'blocked%'") == 0)
            #expect(try await ledger.count("SELECT count(*) FROM open_firings") == 1)
            // What is not decided is open, and counts as a run to come.
            #expect(try await ledger.schedules.pendingRuns(of: "ranger", schedule: "ranger/patrol", since: start) == 1)
            let next = try await take(ledger, request("three", at: start + day + day, .skip))
            #expect(next == [.overlapping])
        }
    }

    @Test func `a firing that waited is let go after retention has taken the event that it waited for`() async throws {
        try await withLedger { ledger async throws in
            #expect(try await take(ledger, request("one", at: start, .bufferOne)) == [.fired])
            let due = start + .seconds(60)
            #expect(try await take(ledger, request("two", at: due, .bufferOne)) == [.buffered])
            #expect(try await ledger.schedules.buffered().isEmpty)
            try await decide(ledger, runs: true)
            _ = try await prune(ledger, after: day)
            #expect(try await ledger.schedules.buffered().map(\.dueAt) == [due])
            let release = request("two", at: due, .bufferOne, kind: .buffered)
            #expect(try await ledger.schedules.releaseBuffered(release, commit: "c0ffee", now: start + day) == .fired)
        }
    }
}
