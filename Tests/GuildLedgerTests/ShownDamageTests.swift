import GuildDomain
import Testing

@testable import GuildLedger

/// What people are shown of damaged rows, and what their decisions do to them.
@Suite struct ShownDamageTests {
    private static let columns = [
        ("attributes", "'{{'"), ("containers", "'[['"), ("containers", "'x'"), ("containers", "'[7]'"),
        ("priority", "77"), ("body", "x'01'"), ("root", "x'00'"), ("own", "5"),
    ]

    @Test(arguments: columns)
    func `an event with a damaged column is shown with its runs, and the column is named`(
        column: String, value: String
    ) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let run = try await ledger.queue("one")
            let event = Event.sample("one")
            try folder.damage("UPDATE events SET \(column) = \(value)")
            #expect(try await ledger.reports.root(of: event.id) == event.id)
            let trace = try #require(try await ledger.reports.trace(of: event.id))
            #expect(trace.event.type == event.type)
            #expect(trace.invocations.map(\.invocation.id) == [run])
            #expect(trace.damage.count == 1)
            #expect(trace.damage.first?.contains("event \(event.id)") == true)
            let shown = try #require(try await ledger.events.shown(event.id))
            #expect(shown.event.type == event.type)
            #expect(shown.damage == trace.damage)
        }
    }

    @Test(arguments: [true, false])
    func `a damaged action that waits ends once, by the person who decides about it`(approve: Bool) async throws {
        try await withLedgerAndFolder { ledger, folder async throws in
            let worker = try await ledger.worker()
            let invocation = try await ledger.running("a", worker)
            try await ledger.turn(of: invocation, worker, calls: [.write(0, name: "w", autonomy: .approve)])
            try folder.damage("UPDATE actions SET arguments = '{'")
            let id = try #require(try await ledger.actions.awaitingApproval().damaged.first?.id)
            let found = await #expect(throws: RowFault.self) {
                try await ledger.actions.decide(
                    id, approve: approve, actor: "user:ada", reason: "no", waitUntil: start, now: start)
            }
            let fault = try #require(found)
            try await ledger.actions.endDamaged(
                id, fault, approve: approve, actor: "user:ada", reason: "no", now: start)
            #expect(try await ledger.state(of: invocation.id) == .queued)
            for again in [true, false] {
                let decided = ApprovalFailure.decided(id, state: "failed")
                await #expect(throws: decided) { try await ledger.actions.checkDecidable(id, approve: again) }
                await #expect(throws: decided) {
                    try await ledger.actions.endDamaged(
                        id, fault, approve: again, actor: "user:bob", reason: nil, now: start)
                }
            }
            let entries = try await ledger.audit.log(AuditFilter()).filter { $0.kind == "action.ended" }
            #expect(entries.map(\.actor) == ["user:ada"])
            #expect(entries.first?.subject == id.description)
            let call = try #require(try await ledger.invocations.turns(of: invocation.id).flatMap(\.calls).first)
            #expect(call.isError)
            #expect(call.result == (approve ? fault.message : "a person rejected this action: no"))
        }
    }
}
