import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// Reads of a connector that has a rate.
@Suite(.timeLimit(.minutes(5))) struct RateWaitTests {
    private static let limits = OfficeCodex.manifest(
        "RateLimitPolicy", "limits",
        "limits: [{ scope: connector, match: github, requests_per_minute: 6, burst: 1 }]")

    @Test func `a run that waits for a connector's turn holds no lease, and keeps its turn through a restart`()
        async throws
    {
        let vendor = try Vendor.serving(
            .calls([("github.get_issue", Hub.issue)]), .text("At once."),
            .calls([("codex.read", ["path": "adr/0001.md"]), ("github.get_issue", Hub.issue)]),
            .calls([("codex.read", ["path": "adr/0001.md"]), ("github.get_issue", Hub.issue)]),
            .text("Seen."), .calls([("github.get_issue", Hub.issue)]))
        let hub = try Hub.serving()
        let office = try Office(vendor: vendor, hub: hub, ["policies/limits.yaml": Self.limits])
        let worker = try await office.worker()
        try await office.queue("0")
        #expect(try await office.attempt(worker)?.state == .succeeded)

        let story = Story()
        let first = try await office.queue("1")
        #expect(try await office.attempt(worker, story: story)?.waitReason == .rate)
        #expect(story.waits == [.rate])
        #expect(try await office.invocation(first).availableAt == start + .seconds(10))
        let second = try await office.queue("2")
        #expect(try await office.attempt(worker)?.availableAt == start + .seconds(20))
        #expect(hub.requests.count == 1)
        // What needs no turn is read at once, and only once.
        let calls = try await office.ledger.invocations.turns(of: first).flatMap(\.calls)
        #expect(calls.map(\.result) == ["Decide once.\n", nil])

        // The process that comes next finds the turn taken.
        let next = try await office.worker()
        #expect(try await office.ledger.invocations.recover(except: next, now: start + .seconds(9)).waits == 0)
        office.time.advance(by: .seconds(10))
        #expect(try await office.ledger.invocations.recover(except: next, now: office.time.now).waits == 1)
        let third = try await office.queue("3")
        #expect(try await office.attempt(next)?.state == .succeeded)
        #expect(hub.requests.count == 2)
        #expect(try await office.attempt(next)?.id == third)
        #expect(try await office.invocation(third).availableAt == start + .seconds(30))
        #expect(try await office.invocation(second).waitReason == .rate)
    }
}
