import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct CancellationTests {
    @Test func `a cancellation says what became of the run, and is audited with its reason`() async throws {
        try await withLedger { ledger async throws in
            let runs = ledger.invocations
            let worker = try await ledger.worker()
            let held = try await ledger.running("held", worker).id
            let queued = try await ledger.queue("queued")

            let ofHeld = try await runs.cancel(held, reason: "too slow", actor: "user:ada", now: start)
            #expect(ofHeld == .requested)
            #expect(try await runs.isCancelRequested(held))
            #expect(try await ledger.state(of: held) == .awakening)
            let ofQueued = try await runs.cancel(queued, actor: "user:ada", now: start)
            #expect(ofQueued == .ended)
            #expect(try await ledger.state(of: queued) == .cancelled)
            let again = try await runs.cancel(queued, reason: "once more", actor: "user:ada", now: start)
            #expect(again == .hadEnded(.cancelled))
            let unknown = try await runs.cancel(
                InvocationID(derivedFrom: ["no"]), actor: "user:ada", now: start)
            #expect(unknown == nil)

            var filter = AuditFilter()
            filter.kind = "operator.command"
            let entries = try await ledger.audit.log(filter)
            #expect(entries.map(\.subject) == [held.description, queued.description])
            #expect(entries.map(\.actor) == ["user:ada", "user:ada"])
            #expect(entries.map { $0.body?["command"] } == ["cancel", "cancel"])
            #expect(entries.map { $0.body?["reason"] } == ["too slow", nil])
        }
    }
}
