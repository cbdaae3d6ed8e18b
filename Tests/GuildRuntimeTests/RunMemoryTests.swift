import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport
import Testing

@testable import GuildRuntime

/// What a process keeps of a run between two attempts, and when it must not be used.
@Suite(.timeLimit(.minutes(10))) struct RunMemoryTests {
    private static let comment = Vendor.Answer.calls([("github.create_issue_comment", Hub.comment)])

    /// The last question of a run that waited for an action; each attempt has the memory that is its own.
    private func lastQuestion(_ first: RunMemory, _ second: RunMemory) async throws -> JSONValue? {
        let vendor = try Vendor.serving(Self.comment, .text("Said."))
        let office = try Office(vendor: vendor)
        let worker = try await office.worker()
        try await office.queue()
        #expect(try await office.attempt(worker, memory: first)?.state == .waiting)
        try await office.perform(worker)
        #expect(try await office.attempt(worker, memory: second)?.state == .succeeded)
        return try vendor.bodies.last
    }

    @Test func `an attempt that begins with what was kept asks what any other would`() async throws {
        let memory = RunMemory()
        let question = try #require(try await lastQuestion(memory, memory))
        #expect(try await lastQuestion(RunMemory(), RunMemory()) == question)
    }

    @Test func `a draft that was accepted while a run waited holds for its next question`() async throws {
        let vendor = try Vendor.serving(Self.comment, .text("Said."))
        let office = try Office(vendor: vendor)
        let (worker, memory) = (try await office.worker(), RunMemory())
        try await office.queue()
        #expect(try await office.attempt(worker, memory: memory)?.state == .waiting)
        try office.push(["guild.yaml": OfficeCodex.guild(", replyLimit: 77")])
        try await office.perform(worker)
        #expect(try await office.attempt(worker, memory: memory)?.state == .succeeded)
        #expect(try vendor.bodies.map { $0["max_tokens"] } == [1024, 77])
    }

    @Test func `a secret learnt while a run waited is masked in its next question`() async throws {
        let vendor = try Vendor.serving(Self.comment, .text("Said."))
        let office = try Office(vendor: vendor)
        let (worker, memory) = (try await office.worker(), RunMemory())
        try await office.queue(data: ["title": "hunter2-hunter2"])
        #expect(try await office.attempt(worker, memory: memory)?.state == .waiting)
        #expect(try vendor.bodies.first?.text().contains("hunter2-hunter2") == true)
        office.secrets.redactor.learn(Secret("hunter2-hunter2"))
        try await office.perform(worker)
        #expect(try await office.attempt(worker, memory: memory)?.state == .succeeded)
        #expect(try vendor.bodies.last?.text().contains("hunter2-hunter2") == false)
    }

    @Test func `only the attempt that follows, of the same terms, gets what was kept`() async throws {
        let office = try Office()
        let setting = try setting(office)
        var run = Invocation.sample(office, attempt: 1)
        let memory = RunMemory()
        func taken(attempt: Int, failures: Int = 0, head: String? = nil) -> Bool {
            memory.keep(setting, of: run)
            var next = run
            next.attempt = attempt
            next.failures = failures
            return memory.take(for: next, head: head ?? office.head.commit) != nil
        }
        #expect(taken(attempt: 2))
        #expect(!taken(attempt: 1))
        #expect(!taken(attempt: 3))
        #expect(!taken(attempt: 2, failures: 1))
        #expect(!taken(attempt: 2, head: "another"))
        memory.keep(setting, of: run)
        run.attempt = 2
        #expect(memory.take(for: run, head: office.head.commit) != nil)
        #expect(memory.take(for: run, head: office.head.commit) == nil)
    }

    @Test func `of too many runs, or too much of them, the oldest is dropped`() async throws {
        let office = try Office()
        let memory = RunMemory()
        let small = try setting(office)
        let runs = (0...RunMemory.entryLimit).map { Invocation.sample(office, "run \($0)", attempt: 1) }
        for run in runs { memory.keep(small, of: run) }
        #expect(isKept(runs[0], memory, office) == false)
        #expect(isKept(runs[1], memory, office))
        let half = try setting(office, payload: RunMemory.payloadLimitBytes / 2 + 1)
        for run in runs.prefix(2) { memory.keep(half, of: run) }
        #expect(runs.filter { isKept($0, memory, office) } == [runs[1]])
        let huge = try setting(office, payload: RunMemory.payloadLimitBytes + 1)
        memory.keep(huge, of: runs[0])
        #expect(!isKept(runs[0], memory, office))
    }

    private func isKept(_ run: Invocation, _ memory: RunMemory, _ office: Office) -> Bool {
        var next = run
        next.attempt += 1
        return memory.take(for: next, head: office.head.commit) != nil
    }

    private func setting(_ office: Office, payload bytes: Int = 2) throws -> InvocationRun.Setting {
        let agent = try #require(office.head.agent("clerk"))
        var event = Event.sample("a")
        event.payload = [UInt8](repeating: 0x20, count: bytes - 2) + Array("{}".utf8)
        let model = try #require(
            try ModelSelection.candidates(for: agent, override: nil, in: office.head, pricedBy: office.head).first)
        let builder = try RequestBuilder(
            snapshot: office.head, agent: agent, event: event,
            invocation: Invocation.sample(office, attempt: 1), options: RunOptions(), tools: [], outputSchema: nil)
        let toolBox = ToolBox(
            agent, in: office.head, safety: office.head.safety, connectors: office.connectors.of(office.head),
            place: RunPlace(event))
        return InvocationRun.Setting(
            builder: builder, toolBox: toolBox, model: model, hasFallback: false, provider: SilentProvider(),
            limits: InvocationLimits(agent: agent, options: RunOptions(), in: office.head, model: model), began: start,
            head: office.head.commit, fence: nil)
    }
}

private struct SilentProvider: ModelProvider {
    let name = "silent"

    func complete(
        _ request: ModelRequest, onDelta: @escaping @Sendable (ModelDelta) -> Void
    ) async throws(ModelFailure) -> ModelTurn { throw .cancelled }
}

extension Invocation {
    fileprivate static func sample(_ office: Office, _ name: String = "run", attempt: Int) -> Invocation {
        var run = Invocation(
            id: InvocationID(derivedFrom: [name]), agent: "clerk", commit: office.head.commit,
            event: EventID(derivedFrom: ["a"]), root: EventID(derivedFrom: ["a"]), createdAt: start)
        run.attempt = attempt
        return run
    }
}

extension Office {
    /// As `attempt`, in a process that keeps what it prepares in `memory`.
    fileprivate func attempt(_ worker: Worker, memory: RunMemory) async throws -> Invocation? {
        guard let claim = try await ledger.invocations.claim(ClaimScope(), upTo: 1, worker: worker, now: time.now).first
        else {
            return nil
        }
        let run = InvocationRun(
            ledger: runLedgers, worker: worker, claim: claim, codex: codex, connectors: connectors,
            providers: parts(worker).providers, time: time, retry: head.settings.retries, observe: { _ in },
            mayPause: { nil }, isDraining: { false }, isWatched: false, memory: memory)
        try await run.run()
        return try await invocation(claim.invocation.id)
    }
}
