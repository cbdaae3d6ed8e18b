import GuildCodex
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import ServiceLifecycle
import Testing

@testable import GuildRuntime

@Suite(.timeLimit(.minutes(1))) struct ExecutorTests {
    /// Runs an executor beside `body` and stops it hard afterwards.
    private func withExecutor(
        _ office: Office, root: EventID? = nil, _ body: () async throws -> Void
    ) async throws {
        let executor = Executor(office.parts(try await office.worker()), root: root)
        let running = Task { try await executor.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        _ = await running.result
    }

    @Test func `it runs what is queued, and what comes while it runs`() async throws {
        let office = try Office(vendor: try Vendor.serving(.text("Done.")))
        var ids: [InvocationID] = []
        for name in ["a", "b", "c"] { ids.append(try await office.queue(name)) }
        try await withExecutor(office) {
            ids.append(try await office.queue("d"))
            for id in ids { try await office.wait { try await office.invocation(id).state == .succeeded } }
        }
        #expect(try await office.ledger.reports.isQuiet(root: nil))
    }

    @Test func `a wish to cancel ends the call under way, settles it, and is no shutdown`() async throws {
        let vendor = try Vendor.serving(.steps([.stallForever]))
        let office = try Office(vendor: vendor)
        let id = try await office.queue()
        try await withExecutor(office) {
            await vendor.waitForRequests(1)
            #expect(try await office.ledger.invocations.requestCancel(id, actor: "user:ada", now: start))
            try await office.wait { try await office.invocation(id).state.isFinal }
        }
        let ended = try await office.invocation(id)
        #expect(ended.state == .cancelled)
        #expect(ended.usage.output == 1024)
        #expect(try await office.auditKinds().contains("budget.estimated"))
    }

    @Test func `a shutdown that cannot wait puts it back, at no failure's cost`() async throws {
        let vendor = try Vendor.serving(.steps([.stallForever]), .text("Done."))
        let office = try Office(vendor: vendor)
        let id = try await office.queue()
        try await withExecutor(office) { await vendor.waitForRequests(1) }
        let back = try await office.invocation(id)
        #expect(back.state == .queued)
        #expect(back.failures == 0)
        try await withExecutor(office) {
            try await office.wait { try await office.invocation(id).state == .succeeded }
        }
        #expect(try await office.ledger.invocations.turns(of: id).map(\.isAnswered) == [false, true])
    }

    @Test func `a read that our own end cut short is no answer`() async throws {
        let vendor = try Vendor.serving(.calls([("github.get_issue", Hub.issue)]), .text("Seen."))
        let count = Counter()
        let hub = try Hub.serving { request in count.next() == 0 ? [.stallForever] : Hub.answer(request) }
        let office = try Office(vendor: vendor, hub: hub)
        let id = try await office.queue()
        try await withExecutor(office) { await hub.waitForRequests(1) }
        #expect(try await office.invocation(id).state == .queued)
        #expect(try await office.ledger.invocations.turns(of: id).first?.calls.map(\.result) == [nil])
        try await withExecutor(office) {
            try await office.wait { try await office.invocation(id).state == .succeeded }
        }
        #expect(try await office.ledger.invocations.turns(of: id).first?.calls.first?.isError == false)
        #expect(vendor.requests.count == 2)
    }

    @Test func `on a graceful shutdown the turn is finished and the rest left for the next process`() async throws {
        let gate = try RawServerGate()
        let count = Counter()
        let vendor = try RawServer { _ in
            let steps = Vendor.steps(
                count.next() == 0 ? .calls([("codex.read", ["path": "adr/0001.md"])]) : .text("Done."))
            return [.waitUntilReleased(gate)] + steps
        }
        let office = try Office(vendor: vendor)
        let (id, other) = (try await office.queue("a"), try await office.queue("b", agent: "clerk"))
        let executor = Executor(office.parts(try await office.worker()), slots: 1)
        let group = ServiceGroup(services: [executor], logger: silent)
        let running = Task { try await group.run() }
        await vendor.waitForRequests(1)
        await group.triggerGracefulShutdown()
        gate.release()
        try await running.value
        let back = try await office.invocation(id)
        #expect(back.state == .queued)
        #expect(back.usage == Vendor.usage)
        #expect(try await office.invocation(other).attempt == 0)
        #expect(vendor.requests.count == 1)
    }

    @Test func `one that hosts a root leaves all others alone`() async throws {
        let office = try Office(vendor: try Vendor.serving(.text("Done.")))
        let (mine, other) = (try await office.queue("mine"), try await office.queue("other"))
        try await withExecutor(office, root: Event.sample("mine").root) {
            try await office.wait { try await office.invocation(mine).state == .succeeded }
        }
        #expect(try await office.invocation(other).state == .queued)
        #expect(try await office.invocation(other).attempt == 0)
    }

    @Test func `an agent runs no more at once than it may, by the head`() async throws {
        let vendor = try Vendor.serving(.steps([.stallForever]))
        let office = try Office(
            vendor: vendor, ["agents/clerk.yaml": OfficeCodex.agent("clerk", "resources: { maxConcurrent: 1 }")])
        for name in ["a", "b"] { try await office.queue(name) }
        let worker = try await office.worker()
        try await withExecutor(office) {
            await vendor.waitForRequests(1)
            let scope = ClaimScope(limits: office.head.concurrencyLimits)
            let claim = try await office.ledger.invocations.claim(scope, upTo: 1, worker: worker, now: start).first?
                .invocation
            #expect(claim == nil)
            #expect(vendor.requests.count == 1)
        }
    }
}
