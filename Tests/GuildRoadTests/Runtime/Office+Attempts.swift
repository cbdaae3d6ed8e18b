import GuildCodex
import GuildDomain
import GuildLedger
import GuildTestSupport

@testable import GuildRuntime

extension Office {
    /// Claims what is next and runs one attempt at it, as an executor does.
    ///
    /// - Returns: the invocation as it is then; nil where there was nothing to claim.
    @discardableResult
    func attempt(
        _ worker: Worker, story: Story = Story(), substitute: ModelProviders.Substitute? = nil,
        isDraining: @escaping @Sendable () -> Bool = { false }, isWatched: Bool = false,
        memory: RunMemory = RunMemory(), observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) async throws -> Invocation? {
        guard let claim = try await ledger.invocations.claimOne(ClaimScope(), worker: worker, now: time.now) else {
            return nil
        }
        try await run(
            claim, worker, substitute: substitute, isDraining: isDraining, isWatched: isWatched, memory: memory
        ) { event in
            story.tell(event)
            observe(event)
        }
        return try await invocation(claim.invocation.id)
    }

    func run(
        _ claim: ClaimedInvocation, _ worker: Worker, substitute: ModelProviders.Substitute? = nil,
        isDraining: @escaping @Sendable () -> Bool = { false }, isWatched: Bool = false,
        memory: RunMemory = RunMemory(), observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) async throws {
        let parts = parts(worker, substitute: substitute)
        let run = InvocationRun(
            ledger: parts.ledger, worker: worker, claim: claim, codex: codex, connectors: connectors,
            providers: parts.providers, time: time, retry: head.settings.retries, observe: observe,
            mayPause: { nil }, isDraining: isDraining, isWatched: isWatched, memory: memory)
        try await run.run()
    }

    func actions(_ id: InvocationID) async throws -> [Action] { try await ledger.actions.list(of: id) }

    /// Does the oldest action that may be done, as an action executor would.
    func perform(_ worker: Worker, succeeded: Bool = true, result: String = "{\"id\":7}") async throws {
        guard let action = try await ledger.actions.claimOne(root: nil, worker: worker, now: time.now) else {
            throw Failure(.failed, "there is no action to do")
        }
        try await ledger.actions.finish(
            action, succeeded: succeeded, result: result, waitUntil: time.now + .seconds(60), now: time.now)
    }
}
