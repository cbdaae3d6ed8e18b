// An attempt is internal to its room. A release build lets nobody see that, and has no tests.
#if DEBUG
    import GuildCodex
    package import GuildDomain
    package import GuildLedger
    @testable package import GuildRuntime
    import GuildTestSupport

    extension Office {
        /// Claims what is next and runs one attempt at it, as an executor does.
        ///
        /// - Returns: the invocation as it is then; nil where there was nothing to claim.
        @discardableResult
        package func attempt(
            _ worker: Worker, story: Story = Story(), substitute: ModelProviders.Substitute? = nil,
            isDraining: @escaping @Sendable () -> Bool = { false }, isWatched: Bool = false,
            observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
        ) async throws -> Invocation? {
            guard
                let claim = try await ledger.invocations.claim(ClaimScope(), upTo: 1, worker: worker, now: time.now)
                    .first
            else {
                return nil
            }
            try await run(claim, worker, substitute: substitute, isDraining: isDraining, isWatched: isWatched) {
                event in
                story.tell(event)
                observe(event)
            }
            return try await invocation(claim.invocation.id)
        }

        package func run(
            _ claim: ClaimedInvocation, _ worker: Worker, substitute: ModelProviders.Substitute? = nil,
            isDraining: @escaping @Sendable () -> Bool = { false }, isWatched: Bool = false,
            observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
        ) async throws {
            let parts = parts(worker, substitute: substitute)
            let run = InvocationRun(
                ledger: parts.ledger, worker: worker, claim: claim, codex: codex, connectors: connectors,
                providers: parts.providers, time: time, retry: head.settings.retries, observe: observe,
                mayPause: { nil }, isDraining: isDraining, isWatched: isWatched)
            try await run.run()
        }
    }
#endif
