import Foundation
import GuildDomain
import GuildLedger
import Testing

/// An instant that no test depends on.
let start = Timestamp(seconds: 1_790_000_000)

/// Runs `body` on a new ledger in a folder of its own, then removes both.
func withLedger(_ body: (Ledger) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "guild-work-\(EventID(now: SystemTime().now))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // A folder that stays behind in the temporary folder harms nobody.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let ledger = try Ledger(at: LedgerLocation(path: folder + "/ledger.sqlite"))
    defer { ledger.close() }
    try await body(ledger)
}

extension Ledger {
    func worker(_ now: Timestamp = start) async throws -> Worker {
        try await workers.register(components: ["executor"], version: "test", now: now)
    }

    /// Accepts an event and decides that an agent runs for it.
    func queue(_ name: String) async throws {
        let event = Event(
            id: EventID(derivedFrom: [name]), source: "/cli/tester", type: "test.made", subject: "acme/shop#42",
            time: start, system: "cli", payload: Array("{}".utf8))
        _ = try await events.accept(event, policy: AcceptancePolicy(actor: "tester"), now: start)
        let message = try #require(
            try await dispatch.inbound(limit: 1000, now: start).first { $0.event.id == event.id })
        let decision = Decision(
            rule: "agents/ranger#0", agent: "ranger", outcome: .dispatched, reasons: ["it matched"],
            invocation: NewInvocation(
                id: InvocationID(derivedFrom: ["invocation", name]), agent: "ranger", chapter: "sea",
                priority: .normal))
        _ = try await dispatch.record(message, [decision], commit: "c0ffee", now: start)
    }

    func claim(_ worker: Worker) async throws -> Invocation? {
        try await invocations.claim(ClaimScope(), upTo: 1, worker: worker, now: start).first?.invocation
    }
}
