package import GuildCodex
package import GuildConnectors
package import GuildDomain
package import GuildLedger
import GuildWork
package import Logging
import ServiceLifecycle

/// Claims invocations and runs each in a separate task.
///
///     queued ──claim──▶ InvocationRun (lease renewed every 10 s) ──▶ final state, waiting, or back to queued
///
/// On a graceful shutdown it claims nothing new, and each run stops after its turn.
package struct Executor: Service {
    /// Runs side by side in one process.
    package static let defaultSlots = 16

    /// The parts that the executor works with; the same for `serve` and for `run`.
    package struct Parts: Sendable {
        /// The parts of the ledger that it claims from and that its runs write to.
        package var ledger: RunLedgers
        /// The codex in force.
        package var codex: CurrentCodex
        /// The connectors for reads.
        package var connectors: CurrentConnectors
        /// The providers of models.
        package var providers: ModelProviders
        /// The identity of this process.
        package var worker: Worker
        /// The clock.
        package var time: any TimeSource
        /// The log.
        package var logger: Logger

        package init(
            ledger: RunLedgers, codex: CurrentCodex, connectors: CurrentConnectors, providers: ModelProviders,
            worker: Worker,
            time: any TimeSource, logger: Logger
        ) {
            self.ledger = ledger
            self.codex = codex
            self.connectors = connectors
            self.providers = providers
            self.worker = worker
            self.time = time
            self.logger = logger
        }
    }

    private let parts: Parts
    /// Only this causal root, for the executor that `guild run` hosts.
    private let root: EventID?
    private let slots: Int
    /// Nil uses the head's policy.
    private let retry: RetryPolicy?
    private let observe: (@Sendable (RunEvent) -> Void)?
    private let loop: ClaimLoop
    private let memory = RunMemory()
    private let running = RunningInvocations()

    package init(
        _ parts: Parts, root: EventID? = nil, slots: Int = Executor.defaultSlots, retry: RetryPolicy? = nil,
        observe: (@Sendable (RunEvent) -> Void)? = nil
    ) {
        self.parts = parts
        self.root = root
        self.slots = slots
        self.retry = retry
        self.observe = observe
        loop = ClaimLoop(
            invocations: parts.ledger.invocations, signal: parts.ledger.invocations.ready, worker: parts.worker,
            slots: slots, time: parts.time, logger: parts.logger)
    }

    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await watchCancellations() }
            try await loop.run { limit in
                // Taken before the claim, so that no cancellation after it is missed.
                let seen = parts.ledger.invocations.cancellations.generation
                return try await claimNext(upTo: limit).map { claim in
                    { try await perform(claim, cancellationsSeen: seen) }
                }
            } nextTime: { claimedAt in
                try await parts.ledger.invocations.nextTime(worker: parts.worker, now: claimedAt)
            }
            group.cancelAll()
        }
    }

    /// Runs one claimed invocation, until it ends or someone asks for its cancellation, with its lease renewed beside it.
    private func perform(_ claim: ClaimedInvocation, cancellationsSeen seen: UInt64) async throws {
        let run = makeRun(of: claim)
        defer { running.end(claim.invocation) }
        try await ClaimLoop.holdingLease(
            renew: { _ = try await parts.ledger.invocations.renew(claim, worker: parts.worker, now: parts.time.now) },
            time: parts.time
        ) { task in
            running.begin(claim.invocation, task)
            if claim.invocation.cancelRequested { task.cancel() }
            let cancellations = parts.ledger.invocations.cancellations
            // One came before the run was among the running.
            if cancellations.generation != seen { cancellations.raise() }
        } _: {
            try await run.run()
        }
    }

    /// Cancels the runs that someone asks to cancel.
    private func watchCancellations() async {
        let cancellations = parts.ledger.invocations.cancellations
        while !Task.isCancelled {
            let seen = cancellations.generation
            for id in running.all {
                // An error here is an unreadable ledger, or our own cancellation; the run itself reports the former.
                if (try? await parts.ledger.invocations.isCancelRequested(id)) != false { running.cancel(id) }
            }
            await cancellations.wait(after: seen)
        }
    }

    private func makeRun(of claim: ClaimedInvocation) -> InvocationRun {
        // The person who watches one run sees it there.
        let log =
            root == nil
            ? RunLog(logger: parts.logger, invocation: claim.invocation, redactor: parts.providers.redactor) : nil
        return InvocationRun(
            ledger: parts.ledger, worker: parts.worker, claim: claim, codex: parts.codex, connectors: parts.connectors,
            providers: parts.providers, time: parts.time, retry: retry ?? parts.codex.head.settings.retries,
            observe: { [observe] event in
                log?.note(event)
                observe?(event)
            },
            // A run that a person watches is not paused for others.
            mayPause: { [codex = parts.codex, root, slots] in
                root == nil ? codex.head.preemption(slots: slots) : nil
            },
            isDraining: { [loop] in loop.isDraining }, isWatched: root != nil,
            memory: memory)
    }

    private func claimNext(upTo limit: Int) async throws -> [ClaimedInvocation] {
        let head = parts.codex.head
        var scope = ClaimScope(root: root, limits: head.concurrencyLimits)
        if root == nil {
            scope.maxConcurrent = head.concurrencyLimit
            scope.fairShare = head.fairShare(slots: slots)
        }
        return try await parts.ledger.invocations.claim(
            scope, upTo: limit, worker: parts.worker, now: parts.time.now)
    }
}
