import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct HeldEventsTests {
    private func accept(
        _ name: String, _ ledger: Ledger, _ hold: EventHold = .untilIdentityIsKnown, limit: Int64 = 100,
        at now: Timestamp = start
    ) async throws -> Acceptance {
        var policy = AcceptancePolicy(actor: "webhook-gateway")
        (policy.hold, policy.queueLimit) = (hold, limit)
        return try await ledger.events.accept(.sample(name), policy: policy, now: now)
    }

    private func inbound(_ ledger: Ledger) async throws -> [EventID] {
        try await ledger.dispatch.inbound(limit: 100, now: start).map(\.event.id)
    }

    private func id(_ name: String) -> EventID { EventID(derivedFrom: [name]) }

    @Test func `a held event is durable, decided by nobody, and shown with its reason`() async throws {
        try await withLedger { ledger async throws in
            #expect(try await accept("a", ledger) == .held(id("a")))
            #expect(try await accept("a", ledger) == .duplicate(id("a")))
            #expect(try await inbound(ledger).isEmpty)
            try await ledger.events.noteIdentity(of: "cli", missing: "403: not for you", now: start)
            let standing = try #require(try await ledger.events.heldStandings().first)
            #expect(
                standing == HeldStanding(system: "cli", count: 1, since: start, reason: "403: not for you"))
            #expect(try await ledger.auditKinds().contains("event.held"))
            #expect(try await ledger.dispatch.nextTime(now: start) == start + .seconds(86_400))
        }
    }

    @Test func `what is let go comes in its old order, before what came after`() async throws {
        try await withLedger { ledger async throws in
            for name in ["a", "b"] { _ = try await accept(name, ledger) }
            // Known by now, but what came first is still held.
            #expect(try await accept("c", ledger, .behindOthers) == .held(id("c")))
            #expect(try await accept("d", ledger, .none) == .accepted(id("d")))
            let held = try await ledger.events.takeHeld(system: "cli", limit: 10, now: start)
            #expect(held.map(\.event.id) == ["a", "b", "c"].map(id))
            var own = held[1].event
            (own.isOwn, own.cause, own.root, own.hop) = (true, id("d"), id("d"), 1)
            try await ledger.events.releaseHeld([held[0].event, own], now: start)
            try await ledger.events.releaseHeld([held[2].event], now: start)
            let messages = try await ledger.dispatch.inbound(limit: 100, now: start)
            #expect(messages.map(\.event.id) == ["a", "b", "c", "d"].map(id))
            #expect(messages.map(\.event.isOwn) == [false, true, false, false])
            #expect(messages[1].event.root == id("d") && messages[1].event.hop == 1)
            #expect(try await ledger.events.heldStandings().isEmpty)
            #expect(try await accept("e", ledger, .behindOthers) == .accepted(id("e")))
            // Let go of twice changes nothing.
            try await ledger.events.releaseHeld([held[0].event], now: start)
            #expect(try await ledger.count("SELECT count(*) FROM audit WHERE kind = 'event.released'") == 3)
        }
    }

    @Test func `strangers cannot fill the ledger with what is held`() async throws {
        try await withLedger { ledger async throws in
            for number in 0..<3 { _ = try await accept("e\(number)", ledger, limit: 3) }
            #expect(try await accept("more", ledger, limit: 3) == .overloaded)
            #expect(try await accept("other", ledger, .none, limit: 3) == .accepted(id("other")))
        }
    }

    @Test func `after a day they are overdue, and not before`() async throws {
        try await withLedger { ledger async throws in
            _ = try await accept("a", ledger)
            _ = try await accept("b", ledger, at: start + .seconds(60))
            let day = start + .seconds(86_400)
            #expect(try await ledger.events.overdueHeld(limit: 10, now: day - .seconds(1)).isEmpty)
            let overdue = try await ledger.events.overdueHeld(limit: 10, now: day)
            #expect(overdue.map(\.event.id) == [id("a")])
            #expect(try await ledger.reports.pendingWork().events == false)
        }
    }
}
