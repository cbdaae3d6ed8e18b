import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger

/// One attempt at one invocation: from its claim to its end, or to the point where it waits.
///
///     load snapshot, event, journal ──▶ ┌ run pending reads ─▶ done? ─▶ finish
///                                       └ reserve + turn begun ─▶ sent ─▶ model ─▶ answer + settle + actions ┘
///
/// Every arrow into the ledger is one transaction that carries the attempt; after a crash the next attempt goes on
/// behind the last journalled answer.
struct InvocationRun: Sendable {
    /// Turns of one invocation; a model that never ends is stopped here.
    static let turnLimit = 32

    let ledger: Ledger
    let worker: Worker
    let claim: ClaimedInvocation
    let codex: CurrentCodex
    let connectors: CurrentConnectors
    let providers: ModelProviders
    let time: any TimeSource
    let retry: RetryPolicy
    let observe: @Sendable (RunEvent) -> Void
    /// The rule by which urgent work takes its slot; nil if none may.
    let mayPause: @Sendable () -> PreemptionRule?
    let isDraining: @Sendable () -> Bool
    /// Whether somebody waits for this very run.
    let isWatched: Bool

    var invocation: Invocation { claim.invocation }

    /// Runs until the invocation ends or waits. It throws only errors of the ledger: the lease is then left to end.
    func run() async throws {
        do {
            let setting = try await prepare()
            try await converse(setting)
        } catch let failure as LedgerFailure {
            throw failure
        } catch is CancellationError {
            try await stop()
        } catch let failure as ModelFailure where failure == .cancelled {
            try await stop()
        } catch let failure as ModelFailure {
            try await handle(failure)
        } catch let refusal as BudgetExceeded where refusal.canWait {
            try await wait(for: refusal)
        } catch let failure as any GuildError {
            try await end(
                .failed, outcome: failure.message, failure: Failure(failure.kind, failure.message, hint: failure.hint))
        } catch {
            try await end(.failed, outcome: "\(error)", failure: Failure(.failed, "\(error)"))
        }
    }

    /// The values that stay the same through all turns of an attempt.
    struct Setting: Sendable {
        let builder: RequestBuilder
        let toolBox: ToolBox
        let model: ChosenModel
        let provider: any ModelProvider
        let limits: InvocationLimits
        /// When this attempt took up its work.
        let began: Timestamp
        /// The accepted commit that limits and prices are from; nil where this process was told which one to use.
        let fence: String?
    }

    /// Prompts, tools and models come from the commit that the invocation names, limits from the accepted head, and so
    /// do the prices of the models that it has.
    ///
    /// - Parameter earlier: the attempt's first setting, if a newer head was accepted since.
    private func prepare(again earlier: Setting? = nil) async throws -> Setting {
        let (fence, head, began) = (codex.fence, codex.head, earlier?.began ?? time.now)
        let snapshot = try await codex.snapshot(commit: invocation.commit)
        guard let agent = snapshot.agent(invocation.agent) else {
            throw Failure(.usage, "agent \(invocation.agent) is not in commit \(invocation.commit)")
        }
        guard let event = try await ledger.event(invocation.event) else {
            throw Failure(.failed, "event \(invocation.event) is not in the ledger")
        }
        providers.know(secretsOf: head)
        if snapshot.commit != head.commit { providers.know(secretsOf: snapshot) }
        let options = RunOptions(json: claim.options)
        let merged = try await MergedEvents.of(invocation.id, in: ledger)
        let toolBox = ToolBox(
            agent, in: snapshot, safety: head.safety, connectors: connectors.of(head),
            place: RunPlace(event, merged: merged.events.map(\.event), on: options.containers),
            redactor: providers.redactor)
        var builder = RequestBuilder(
            snapshot: snapshot, agent: agent, event: event, data: try event.data(), invocation: invocation,
            options: options, tools: toolBox.tools, outputSchema: try snapshot.outputSchema(of: agent))
        builder.merged = merged
        // After failures the fallback chain takes its turn.
        let candidates = try ModelSelection.candidates(
            for: agent, override: options.model, in: snapshot, pricedBy: head)
        var model = candidates[invocation.failures % candidates.count]
        let provider = try providers.provider(
            of: model, agent: agent.name, in: snapshot, volatile: builder.volatile())
        // A replayed answer costs nothing, whoever gave it once.
        if provider.name == "replay" { model.entry.prices = .free }
        if earlier == nil { observe(.began(invocation, model: model.label, provider: provider.name)) }
        let limits = InvocationLimits(agent: head.agent(agent.name) ?? agent, options: options, in: head, model: model)
        return Setting(
            builder: builder, toolBox: toolBox, model: model, provider: provider, limits: limits, began: began,
            fence: fence.map { _ in head.commit })
    }

    /// The setting by the head that is accepted now.
    private func current(_ setting: Setting) async throws -> Setting {
        guard let fence = setting.fence, fence != codex.head.commit else { return setting }
        return try await prepare(again: setting)
    }

    private func converse(_ first: Setting) async throws {
        var setting = first
        while true {
            setting = try await current(setting)
            var turns = try await ledger.turns(of: invocation.id)
            if let last = turns.last(where: \.isAnswered) {
                if try await runPendingReads(of: last, setting) { return }
                turns = try await ledger.turns(of: invocation.id)
                if try await finishIfDone(turns, setting) { return }
            }
            try Task.checkCancellation()
            if isDraining() { return try await giveBack() }
            if let rule = mayPause(), try await ledger.yield(invocation, rule, worker: worker, now: time.now) {
                return observe(.waiting(invocation.id, .preempted))
            }
            do {
                if try await takeTurn(after: turns, setting) != .active { return await announceWaiting() }
            } catch let stale as StaleHead {
                try await follow(stale)
            }
        }
    }

    /// A commit that is not here yet, or may not count here, is not a failure of the invocation: it waits for the
    /// commit before its next turn, and a drain puts it back.
    private func follow(_ stale: StaleHead) async throws {
        do {
            try await codex.follow(stale.accepted)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try await time.sleep(until: time.now + Self.followAgain)
        }
    }

    /// How long a run waits for a commit that others have accepted.
    private static let followAgain = Duration.seconds(2)

    /// - Returns: whether the invocation waits now.
    private func runPendingReads(of turn: JournalledTurn, _ setting: Setting) async throws -> Bool {
        let pending = turn.calls.filter { $0.result == nil && $0.actionID == nil }
        guard !pending.isEmpty else { return false }
        let head = codex.head
        let charges = pending.reduce(into: [:]) { $0[$1.position] = head.charges(operation: $1.name) }
        let turns = try await ledger.takeTurns(charges, turn: turn.n, of: invocation, now: time.now)
        var (finished, later): ([ToolCall], [Timestamp]) = ([], [])
        for call in pending {
            let rate = turns[call.position]
            if case .at(let due) = rate, due > time.now + Ledger.shortWait {
                later.append(due)
                continue
            }
            let result = try await read(call, rate, setting)
            observe(.result(result))
            finished.append(result)
        }
        // A read that our own end interrupted is not an answer; the next attempt reads again.
        try Task.checkCancellation()
        let state = try await ledger.recordResults(
            finished, turn: turn.n, of: invocation, waitUntil: time.now + setting.limits.actionWait,
            turnAt: later.min(), now: time.now)
        guard state == .waiting else { return false }
        await announceWaiting()
        return true
    }

    /// A read whose slot comes shortly waits for it here; the model learns if a read is refused a slot.
    private func read(_ call: ToolCall, _ turn: RateTurn?, _ setting: Setting) async throws -> ToolCall {
        switch turn {
        case .refused(let limit):
            var refused = call
            (refused.result, refused.isError) = (limit.message, true)
            return refused
        case .at(let due) where due > time.now: try await time.sleep(until: due)
        case .at, nil: break
        }
        return await setting.toolBox.read(call)
    }

    private func finishIfDone(_ turns: [JournalledTurn], _ setting: Setting) async throws -> Bool {
        let answered = turns.filter(\.isAnswered)
        guard let last = answered.last else { return false }
        if let ending = try Ending(of: last, after: answered, setting.builder, setting.limits) {
            try await end(ending.failure == nil ? .succeeded : .failed, outcome: ending.text, failure: ending.failure)
            return true
        }
        guard answered.count < Self.turnLimit else {
            throw Failure(
                .failed, "the model did not end within \(Self.turnLimit) turns",
                hint: "say in the prompt of agent \(invocation.agent) when the task is done")
        }
        return false
    }

    private func giveBack() async throws {
        try await ledger.move(invocation, to: .queued, now: time.now)
    }

    private func announceWaiting() async {
        // Losing the error is safe: the reason is only told.
        let reason = (try? await ledger.invocation(invocation.id))?.waitReason
        observe(.waiting(invocation.id, reason ?? .action))
    }

    /// Stopped by a budget: the results stay, and the run continues when there is room.
    private func wait(for refusal: BudgetExceeded) async throws {
        let answered = try await ledger.turns(of: invocation.id).filter(\.isAnswered)
        let partial = try answered.last.map { TurnDelta.text(of: try TurnDelta.content(of: $0.delta)) } ?? ""
        try await ledger.waitForBudget(invocation, refused: refusal, partial: partial, now: time.now)
        observe(.outOfBudget(invocation.id, refusal, partial: partial))
        observe(.waiting(invocation.id, .budget))
    }

    // MARK: Ends

    /// Stopped from outside: cancelled if somebody asked for that, otherwise put back because the process ends.
    private func stop() async throws {
        // In a task of its own, for this one is cancelled already and its reads would be refused.
        let isWanted = try await Task { try await ledger.isCancelRequested(invocation.id) }.value
        guard isWanted else { return try await giveBack() }
        try await end(.cancelled, outcome: "cancelled", failure: Failure(.interrupted, "cancelled"))
    }

    func end(_ state: InvocationState, outcome: String, failure: Failure?) async throws {
        try await ledger.finish(invocation, as: state, outcome: outcome, now: time.now)
        observe(.ended(invocation.id, state, outcome: outcome, failure: failure))
    }

    /// A call that failed for now goes back into the queue with its backoff; one that failed for good ends the run.
    private func handle(_ failure: ModelFailure) async throws {
        let plain = Failure(failure.kind, failure.message, hint: failure.hint)
        var retryAfter: Duration?
        switch failure.cause {
        case .retryable(_, _, let wanted, _): retryAfter = wanted ?? .zero
        case .broken, .stalled: retryAfter = .zero
        case .rejected, .notConfigured, .untrusted, .replayMiss, .cancelled, .billed: break
        }
        if let asked = retryAfter, isWatched, let (limit, hasFallback) = patience, asked > limit {
            guard hasFallback else { return try await giveUp(failure, asked, limit) }
            // The next try is another model's, which has asked for nothing.
            retryAfter = .zero
        }
        let jitter = Double.random(in: 0..<1)
        guard let retryAfter,
            let delay = retry.delay(afterFailure: invocation.failures + 1, jitter: jitter, atLeast: retryAfter)
        else { return try await end(.failed, outcome: failure.message, failure: plain) }
        let at = time.now + delay
        try await ledger.retryLater(invocation, reason: failure.message, availableAt: at, now: time.now)
        observe(.retrying(invocation.id, reason: failure.message, at: at))
    }

    /// How long a provider may make a person wait: as long as the agent may work. Beside it, whether another model is next.
    private var patience: (Duration, hasFallback: Bool)? {
        let head = codex.head
        guard let agent = head.agent(invocation.agent) else { return nil }
        let override = RunOptions(json: claim.options).model
        // A model that cannot be chosen any more has no fallback either.
        let candidates = try? ModelSelection.candidates(for: agent, override: override, in: head)
        return (head.limits(of: agent).maxActiveDuration.value, (candidates?.count ?? 1) > 1)
    }

    private func giveUp(_ failure: ModelFailure, _ asked: Duration, _ limit: Duration) async throws {
        let reason =
            "\(failure.message); it asks for a pause of \(asked), longer than the run may take (\(limit))"
        let hint =
            "run it later, name another model with --model, or raise resources.maxActiveDuration of agent "
            + invocation.agent
        try await end(.failed, outcome: reason, failure: Failure(failure.kind, reason, hint: hint))
    }
}
