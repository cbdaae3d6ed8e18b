import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct StatusTests {
    @Test func `the status counts what there is`() async throws {
        try await withLedger { ledger async throws in
            let worker = try await ledger.worker()
            do { _ = try await ledger.worker(start + .seconds(1)) }
            for (number, state) in [InvocationState.succeeded, .failed, .failed].enumerated() {
                let invocation = try await ledger.running("\(number)", worker, now: start + .seconds(number))
                try await ledger.invocations.end(invocation, as: state, outcome: "x", now: start + .seconds(number))
            }
            let last = try await ledger.running("last", worker)
            try await ledger.turn(of: last, worker, calls: [.write(0, name: "w")])
            _ = try await ledger.events.accept(
                .sample("waiting"), policy: AcceptancePolicy(actor: "tester"), now: start)
            let status = try await ledger.reports.status()
            #expect(status.events == 5)
            #expect(status.inboundDepth == 1)
            #expect(status.invocationsByState == ["succeeded": 1, "failed": 2, "waiting": 1])
            #expect(status.actionsByState == ["queued": 1])
            #expect(status.deadLetters == 2)
            #expect(status.processes.map(\.isAlive) == [true, false])
            #expect(status.processes.first?.host.isEmpty == false)
            #expect(status.auditEntries == (try await ledger.audit.verify().entries))
            #expect(status.bytes > 0)
            try await ledger.workers.unregister(worker, now: start)
            #expect(try await ledger.reports.status().processes.count == 1)
        }
    }

    @Test func `an empty ledger has a status too`() async throws {
        try await withLedger { ledger async throws in
            let status = try await ledger.reports.status()
            #expect(status.events == 0)
            #expect(status.processes.isEmpty)
        }
    }
}
