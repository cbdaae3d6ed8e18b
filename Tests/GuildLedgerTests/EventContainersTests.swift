import Foundation
import GuildDomain
import Testing

@testable import GuildLedger

/// Where an event's runs may act, as the ledger keeps it.
@Suite struct EventContainersTests {
    private func event(_ name: String, cause: EventID? = nil) -> Event {
        var event = Event(
            id: EventID(derivedFrom: [name]), source: "/github/acme/shop", type: "issues.opened", time: start,
            system: "github", payload: [])
        event.cause = cause
        event.hop = cause == nil ? 0 : 1
        return event
    }

    @Test(arguments: [
        ("NULL", false, ["github:acme/shop"]), ("NULL", true, []),
        ("'[\"github:other/repo\"]'", true, ["github:other/repo"]),
        ("'[]'", false, []), ("'[7]'", false, []), ("'{'", false, []), ("'\"github:acme/shop\"'", false, []),
    ])
    func `an event of before they were kept has that of its source, a caused one and a damaged one none`(
        stored: String, isCaused: Bool, containers: [String]
    ) async throws {
        try await withLedger { ledger async throws in
            let event = event("one", cause: isCaused ? EventID(derivedFrom: ["cause"]) : nil)
            _ = try await ledger.events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: start)
            #expect(try await ledger.events.find(event.id)?.containers == event.containers)
            try await ledger.write { try $0.run("UPDATE events SET containers = \(stored)") }
            #expect(try await ledger.events.find(event.id)?.containers.map(\.description) == containers)
            #expect(
                try await ledger.dispatch.inbound(limit: 1, now: start).first?.event.containers.map(\.description)
                    == containers)
        }
    }
}
