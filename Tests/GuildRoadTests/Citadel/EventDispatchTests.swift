import GuildCitadel
import GuildDomain
import GuildLedger
import GuildTestSupport
import Testing

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
}
