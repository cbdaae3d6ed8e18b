import GuildControl
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildCitadel
@testable import GuildRuntime

@Suite(.timeLimit(.minutes(1))) struct EventDispatchTests {
    private static let trigger = """
        triggers:
          - { type: webhook, source: github, debounce: { window: 60s, key: "{{data.key}}" } }
        """

    @Test func `an event that joined an open window is followed to the end of that window's run`() async throws {
        let time = ManualTime(start)
        let house = try House(
            vendor: try Vendor.serving(.text("Done.")),
            ["agents/clerk.yaml": OfficeCodex.agent("clerk", Self.trigger)], time: time)
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let dispatch = EventDispatch(in: deployment, actor: "user:ada")
        let first = try await dispatch.send([.sample("1", data: ["key": "a"])])
        #expect(first.flatMap(\.decisions).map(\.outcome) == ["deferred"])
        let second = try await dispatch.send([.sample("2", data: ["key": "a"])])
        #expect(second.flatMap(\.decisions).map(\.outcome) == ["debounced"])
        let following = Task { try await dispatch.finish(second) { _ in } }
        await time.waitForSleeper(until: start + .seconds(2))
        time.advance(by: .seconds(60))
        let runs = try await following.value
        #expect(runs.map(\.id) == first.flatMap(\.decisions).map(\.invocation))
        #expect(runs.map(\.event) == first.map(\.event.id))
        #expect(runs.map(\.state) == [.succeeded])
        // Both in one command is the one run, once.
        #expect(try await dispatch.finish(first + second) { _ in }.map(\.id) == runs.map(\.id))
    }

    @Test func `an event that is known shows what became of it, and its run is waited for`() async throws {
        let house = try House(
            vendor: try Vendor.serving(.text("Done.")),
            [
                "agents/clerk.yaml": OfficeCodex.agent(
                    "clerk",
                    """
                    triggers:
                      - { type: webhook, source: github }
                    """)
            ])
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let dispatch = EventDispatch(in: deployment, actor: "user:ada")
        let first = try await dispatch.send([.sample("1")])
        #expect(first.map(\.reception) == [.accepted])
        // Another command sends it again while its run waits for an executor.
        let again = try await dispatch.send([.sample("1")])
        #expect(again.map(\.reception) == [.duplicate])
        #expect(again.flatMap(\.decisions).map(\.runState) == [.queued])
        #expect(try await dispatch.finish(again) { _ in }.map(\.state) == [.succeeded])
        let ended = try await dispatch.withRunStates(again)
        #expect(ended.flatMap(\.decisions).map(\.runState) == [.succeeded])
        let later = try await dispatch.send([.sample("1")])
        #expect(later.flatMap(\.decisions).map(\.runState) == [.succeeded])
        #expect(try await dispatch.finish(later) { _ in }.map(\.state) == [.succeeded])
    }

    @Test func `who stops waiting for a known event stops no run of others`() async throws {
        let time = ManualTime(start)
        let house = try House(["agents/clerk.yaml": OfficeCodex.agent("clerk", Self.trigger)], time: time)
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let dispatch = EventDispatch(in: deployment, actor: "user:ada")
        _ = try await dispatch.send([.sample("1", data: ["key": "a"])])
        let known = try await dispatch.send([.sample("1", data: ["key": "a"])])
        let stop = StopWish()
        let following = Task { try await dispatch.finish(known, stop: stop) { _ in } }
        await time.waitForSleeper(until: start + .seconds(2))
        try await dispatch.cancel(known, stop, signal: 2)
        #expect(try await following.value.isEmpty)
        #expect(try await deployment.ledger.reports.pendingWork().events)
        var filter = AuditFilter()
        filter.kind = "operator.command"
        #expect(try await deployment.ledger.audit.log(filter).isEmpty)
    }

    @Test func `what waits for a time is left by one wish to stop, and by a drain`() async throws {
        let time = ManualTime(start)
        let house = try House(["agents/clerk.yaml": OfficeCodex.agent("clerk", Self.trigger)], time: time)
        let deployment = try await house.deployment()
        defer { deployment.close() }
        let dispatch = EventDispatch(in: deployment, actor: "user:ada")
        let sent = try await dispatch.send([.sample("1", data: ["key": "a"])])
        let stop = StopWish()
        let following = Task { try await dispatch.finish(sent, stop: stop) { _ in } }
        await time.waitForSleeper(until: start + .seconds(2))
        try await dispatch.cancel(sent, stop, signal: 15)
        #expect(try await following.value.isEmpty)
        #expect(stop.signal == 15)
        let ledger = deployment.ledger
        try await Drain(
            reports: ledger.reports, scheduler: nil, components: [.dispatcher], time: time, logger: silent
        ).run()
        #expect(try await ledger.reports.pendingWork().events)
        #expect(try await ledger.reports.pendingWork(dueBy: start + .seconds(60)).events)
        let later = try await ledger.reports.laterWork(than: start + .seconds(10))
        #expect(later == LaterWork(events: LaterWork.Share(count: 1, next: start + .seconds(60))))
        #expect(try await ledger.reports.laterWork(than: start + .seconds(60)) == LaterWork())
    }
}
