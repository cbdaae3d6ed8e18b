import GuildDomain
import Testing

@testable import GuildLedger

/// An approval releases more of what its cap counts together, and nothing else.
extension ActionCapsTests {
    private func held(_ run: String, _ ledger: Ledger) async throws -> [Action] {
        try await ledger.actions.list(of: InvocationID(derivedFrom: ["invocation", run])).filter {
            $0.state == .awaiting
        }
    }

    @Test func `an approval past a run's cap lets out none of another run's actions`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(run: 3)
            let mine = try await run("a", ledger, Self.calls("a", 0..<5, caps))
            _ = try await run("b", ledger, Self.calls("b", 0..<5, caps))
            let ruling = try await approve(mine[4], ledger)
            #expect(ruling.grant?.followers.map(\.id) == [mine[3].id])
            #expect(ruling.grant?.left == 1)
            #expect(try await held("a", ledger).isEmpty)
            #expect(try await held("b", ledger).count == 2)
            // What is left is that run's, too.
            let release = try #require(try await ledger.actions.capReleases(now: start).first)
            #expect(release.scope == mine[0].invocation.description)
            #expect(try await run("c", ledger, Self.calls("c", 0..<4, caps)).last?.state == .awaiting)
        }
    }

    @Test func `an approval of a comment on one subject lets out none on another`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(subject: 3)
            let (one, other) = ("github:acme/shop#1", "github:acme/site#7")
            let mine = try await run("a", ledger, Self.calls("a", 0..<5, caps, on: one))
            _ = try await run("b", ledger, Self.calls("b", 0..<5, caps, on: other))
            let ruling = try await approve(mine[3], ledger)
            #expect(ruling.grant?.scope == .subject(one))
            #expect(ruling.grant?.followers.map(\.id) == [mine[4].id])
            #expect(try await held("b", ledger).count == 2)
            #expect(try await run("c", ledger, Self.calls("c", 0..<1, caps, on: other)).map(\.state) == [.awaiting])
            #expect(try await run("d", ledger, Self.calls("d", 0..<1, caps, on: one)).map(\.state) == [.queued])
        }
    }

    @Test func `an approval past the hour's cap is the agent's, and brings no more than an allotment`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(hour: 2)
            let mine = try await run("a", ledger, Self.calls("a", 0..<4, caps))
            _ = try await run("b", ledger, Self.calls("b", 0..<2, caps))
            // Over an hour later the hour has room of its own; it is not given away with the approval.
            let later = start + .seconds(3 * 3600)
            let ruling = try await approve(mine[3], ledger, now: later)
            #expect(ruling.grant?.scope == .agent)
            #expect(ruling.grant?.followers.map(\.id) == [mine[2].id])
            #expect(ruling.grant?.left == 0)
            #expect(try await held("b", ledger).count == 2)
        }
    }

    @Test func `what an approval would let out is told before, with how far the cap is used`() async throws {
        try await withLedger { ledger async throws in
            let caps = Self.caps(run: 3)
            let mine = try await run("a", ledger, Self.calls("a", 0..<5, caps))
            _ = try await run("b", ledger, Self.calls("b", 0..<4, caps))
            let standing = try #require(try await ledger.actions.capStanding(of: mine[3], now: start))
            #expect(standing.used == 3)
            #expect(standing.reason == "past actions.perInvocation of 3 (agents/ranger.yaml:7): 3 used by this run")
            #expect(standing.followers.map(\.id) == [mine[4].id])
            #expect(
                standing.nextStep
                    == "approving it also releases 1 other waiting action (\(mine[4].brief)), and 1 more of run "
                    + "\(mine[0].invocation) within 24 h")
            #expect(try await approve(mine[3], ledger).grant?.followers == standing.followers)
            #expect(try await ledger.actions.capStanding(of: mine[0], now: start) == nil)
        }
    }

    @Test func `a policy that asks a person is named, and leaves the autonomy as the manifest has it`() async throws {
        try await withLedger { ledger async throws in
            var calls = Self.calls("a", 0..<2, Self.caps(hour: 1))
            calls[1].action?.policy = "SafetyPolicy calm, approvals[0] (policies/calm.yaml:6)"
            let actions = try await run("a", ledger, calls)
            #expect(actions.map(\.state) == [.queued, .awaiting])
            #expect(actions[1].autonomy == .act && actions[1].hold == nil)
            #expect(
                actions[1].whyItWaits(nil) == "SafetyPolicy calm, approvals[0] (policies/calm.yaml:6) requires approval"
            )
            let ruling = try await approve(actions[1], ledger)
            #expect(ruling.action.state == .queued && ruling.grant == nil)
        }
    }
}
