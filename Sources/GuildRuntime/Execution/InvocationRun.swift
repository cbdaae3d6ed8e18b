import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger

/// One attempt at one invocation: from its claim to its end, or to the point where it waits.
///
///     load snapshot, event, journal ──▶ ┌ run pending reads ─▶ done? ─▶ finish
///                                       └ reserve + turn begun ─▶ sent ─▶ model ─▶ answer + settle + actions ┘
///
/// Every arrow into the ledger is one transaction that carries the attempt; after a crash the next attempt continues
/// after the last journalled answer.
struct InvocationRun: Sendable {
    /// Turns of one invocation; a model that never ends is stopped here.
    static let turnLimit = 32

    let ledger: RunLedgers
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
    /// The preparations of earlier attempts for this one.
    var memory = RunMemory()

    var invocation: Invocation { claim.invocation }

    /// Runs until the invocation ends or waits. It throws only errors of the ledger: the lease is then left to end.
    func run() async throws {
        do {
            try await attempt()
        } catch let fault as RowFault {
            // Its own row cannot be read, so that it cannot end as others do.
            try await ledger.invocations.failDamaged(invocation.id, fault, now: time.now)
            observe(.ended(invocation.id, .failed, outcome: fault.message, failure: Failure(.failed, fault.message)))
        }
    }

    private func attempt() async throws {
        do {
            let setting = try await prepare()
            try await converse(setting)
        } catch let failure as LedgerFailure {
            throw failure
        } catch let fault as RowFault {
            throw fault
        } catch is CancellationError {
            try await stop()
        } catch let failure as ModelFailure where failure == .cancelled {
            try await stop()
        } catch let failure as ModelFailure {
            try await handle(failure, nil)
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
        /// Whether the next attempt can ask another model.
        let hasFallback: Bool
        let provider: any ModelProvider
        let limits: InvocationLimits
        /// When this attempt took up its work.
        var began: Timestamp
        /// The accepted commit that it was prepared under.
        let head: String
        /// The same, for turns that are refused if another commit is accepted by then; nil if this process was started
        /// with a fixed commit.
        let fence: String?
    }

    /// Prompts, tools and models come from the commit that the invocation names, limits from the accepted head, and so
    /// do the prices of the models that it has.
    ///
    /// - Parameter earlier: the attempt's first setting, if a newer head was accepted since.
    private func prepare(again earlier: Setting? = nil) async throws -> Setting {
        let fence = codex.fence
        let head = codex.head
        let began = earlier?.began ?? time.now
        if earlier == nil, let kept = recalled(under: head, began: began) { return kept }
        let snapshot = try await codex.snapshot(commit: invocation.commit)
        guard let agent = snapshot.agent(invocation.agent) else {
            throw Failure(.usage, "agent \(invocation.agent) is not in commit \(invocation.commit)")
        }
        guard let event = try await ledger.events.find(invocation.event) else {
            throw Failure(.failed, "event \(invocation.event) is not in the ledger")
        }
        know(secretsOf: snapshot, and: head)
        let options = RunOptions(json: claim.options)
        let merged = try await MergedEvents.of(invocation.id, in: ledger.dispatch)
        let toolBox = ToolBox(
            agent, in: snapshot, safety: head.safety, connectors: connectors.of(head),
            place: RunPlace(event, merged: merged.events.map(\.event), on: options.containers),
            redactor: providers.redactor)
        let builder = try RequestBuilder(
            snapshot: snapshot, agent: agent, event: event, invocation: invocation,
            options: options, tools: toolBox.tools, outputSchema: try snapshot.outputSchema(of: agent), merged: merged)
        // After failures the next model of the fallback chain is tried.
        let candidates = try ModelSelection.candidates(
            for: agent, override: options.model, in: snapshot, pricedBy: head)
        var model = candidates[invocation.failures % candidates.count]
        let provider = try providers.provider(
            of: model, agent: agent.name, in: snapshot, volatile: builder.volatile())
        // A replayed answer costs nothing, whoever gave it originally.
        if provider.name == "replay" { model.entry.prices = .free }
        if earlier == nil { observe(.began(invocation, model: model.label, provider: provider.name)) }
        let limits = InvocationLimits(agent: head.agent(agent.name) ?? agent, options: options, in: head, model: model)
        return Setting(
            builder: builder, toolBox: toolBox, model: model, hasFallback: candidates.count > 1, provider: provider,
            limits: limits, began: began, head: head.commit, fence: fence.map { _ in head.commit })
    }

    /// The preparations of the previous attempt, if they are valid for this one too.
    private func recalled(under head: CodexSnapshot, began: Timestamp) -> Setting? {
        guard var setting = memory.take(for: invocation, head: head.commit) else { return nil }
        know(secretsOf: setting.builder.snapshot, and: head)
        setting.began = began
        observe(.began(invocation, model: setting.model.label, provider: setting.provider.name))
        return setting
    }

    private func know(secretsOf snapshot: CodexSnapshot, and head: CodexSnapshot) {
        providers.know(secretsOf: head)
        if snapshot.commit != head.commit { providers.know(secretsOf: snapshot) }
    }

    /// The setting by the head that is accepted now.
    private func current(_ setting: Setting) async throws -> Setting {
        guard let fence = setting.fence, fence != codex.head.commit else { return setting }
        return try await prepare(again: setting)
    }

    private func converse(_ first: Setting) async throws {
        var setting = first
        // Before its first attempt a run has no journal, and during an attempt nobody else writes to it.
        var turns = invocation.attempt > 1 ? try await journalledTurns() : []
        while true {
            setting = try await current(setting)
            if let last = turns.last {
                switch try await runPendingReads(of: last, setting) {
                case .waiting: return await wait(with: setting)
                case .answered(let turn): turns[turns.count - 1] = turn
                // An action may have ended while the reads ran.
                case .answeredBesideActions: turns = try await journalledTurns()
                }
                if try await finishIfDone(turns, setting) { return }
            }
            try Task.checkCancellation()
            if isDraining() { return try await giveBack() }
            if let rule = mayPause(), try await ledger.dispatch.yield(invocation, rule, worker: worker, now: time.now) {
                return observe(.waiting(invocation.id, .preempted))
            }
            do {
                let (state, turn) = try await takeTurn(after: turns, setting)
                if state.isFinal { return }
                guard state == .active else { return await wait(with: setting) }
                turns.append(turn)
            } catch let stale as StaleHead {
                try await follow(stale)
            } catch let failure as ModelFailure where failure != .cancelled {
                return try await handle(failure, setting)
            }
        }
    }

    private func journalledTurns() async throws -> [AnsweredTurn] {
        try AnsweredTurn.all(in: try await ledger.invocations.turns(of: invocation.id))
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

    /// The outcome of the reads that a turn requested.
    private enum Reads {
        /// The invocation waits now.
        case waiting
        /// All have their results, and there were none to begin with if the turn requested none.
        case answered(AnsweredTurn)
        /// The same, but the turn also requested actions, whose results only the ledger knows.
        case answeredBesideActions
    }

    private func runPendingReads(of turn: AnsweredTurn, _ setting: Setting) async throws -> Reads {
        let pending = turn.pendingReads
        guard !pending.isEmpty else { return .answered(turn) }
        let head = codex.head
        let charges = pending.reduce(into: [:]) { $0[$1.position] = head.rates.charges(operation: $1.name) }
        let slots = try await ledger.dispatch.takeTurns(charges, turn: turn.n, of: invocation, now: time.now)
        var finished: [ToolCall] = []
        var later: [Timestamp] = []
        for call in pending {
            let slot = slots[call.position]
            if case .at(let due) = slot, due > time.now + DispatchLedger.shortWait {
                later.append(due)
                continue
            }
            let result = try await read(call, slot, setting)
            observe(.result(result))
            finished.append(result)
        }
        // A read that our own end interrupted is not an answer; the next attempt reads again.
        try Task.checkCancellation()
        let state = try await ledger.invocations.recordResults(
            finished, turn: turn.n, of: invocation, waitUntil: time.now + setting.limits.actionWait,
            turnAt: later.min(), now: time.now)
        guard state != .waiting else { return .waiting }
        guard turn.calls.allSatisfy({ $0.actionID == nil }) else { return .answeredBesideActions }
        var answered = turn
        for result in finished {
            guard let index = answered.calls.firstIndex(where: { $0.position == result.position }) else { continue }
            answered.calls[index] = result
        }
        return .answered(answered)
    }

    /// A read whose slot comes shortly waits for it here; the model learns if a read is refused a slot.
    private func read(_ call: ToolCall, _ turn: RateTurn?, _ setting: Setting) async throws -> ToolCall {
        switch turn {
        case .refused(let limit):
            var refused = call
            refused.result = limit.message
            refused.isError = true
            return refused
        case .at(let due) where due > time.now: try await time.sleep(until: due)
        case .at, nil: break
        }
        return await setting.toolBox.read(call)
    }

    private func finishIfDone(_ answered: [AnsweredTurn], _ setting: Setting) async throws -> Bool {
        guard let last = answered.last else { return false }
        if let ending = Ending(of: last, after: answered, setting.builder, setting.limits) {
            try await end(ending.state, outcome: ending.text, failure: ending.failure)
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
        try await ledger.invocations.move(invocation, to: .queued, now: time.now)
    }

    /// The invocation waits; the preparations of this attempt serve the next one, if it runs in this process.
    private func wait(with setting: Setting) async {
        memory.keep(setting, of: invocation)
        // Losing the error is safe: the reason is only told.
        let reason = (try? await ledger.invocations.find(invocation.id))?.waitReason
        observe(.waiting(invocation.id, reason ?? .action))
    }

    /// Stopped by a budget: the results stay, and the run continues when there is room.
    private func wait(for refusal: BudgetExceeded) async throws {
        let partial = try await journalledTurns().last?.text ?? ""
        try await ledger.budgets.suspend(invocation, refused: refusal, partial: partial, now: time.now)
        observe(.outOfBudget(invocation.id, refusal, partial: partial))
        observe(.waiting(invocation.id, .budget))
    }

    // MARK: Ends

    /// Stopped from outside: cancelled if somebody asked for that, otherwise put back because the process ends.
    private func stop() async throws {
        // In a task of its own, for this one is cancelled already and its reads would be refused.
        let isWanted = try await Task { try await ledger.invocations.isCancelRequested(invocation.id) }.value
        guard isWanted else { return try await giveBack() }
        try await end(.cancelled, outcome: "cancelled", failure: Failure(.interrupted, "cancelled"))
    }

    func end(_ state: InvocationState, outcome: String, failure: Failure?) async throws {
        try await ledger.invocations.end(invocation, as: state, outcome: outcome, now: time.now)
        observe(.ended(invocation.id, state, outcome: outcome, failure: failure))
    }

    /// A call that failed for now goes back into the queue with its backoff; one that failed for good ends the run.
    ///
    /// - Parameter setting: what the call was made with; nil if the run failed before it could call.
    private func handle(_ failure: ModelFailure, _ setting: Setting?) async throws {
        let plain = Failure(failure.kind, failure.message, hint: failure.hint)
        var retryAfter: Duration?
        switch failure.cause {
        case .retryable(_, _, let wanted, _): retryAfter = wanted ?? .zero
        case .broken, .stalled: retryAfter = .zero
        case .rejected, .notConfigured, .untrusted, .replayMiss, .cancelled, .billed: break
        }
        // A person waits for the run as long as the agent may work.
        if let asked = retryAfter, isWatched, let setting, asked > setting.limits.maxActiveDuration {
            guard setting.hasFallback else {
                return try await giveUp(failure, asked, setting.limits.maxActiveDuration)
            }
            // The next try is another model's, which has asked for nothing.
            retryAfter = .zero
        }
        let jitter = Double.random(in: 0..<1)
        guard let retryAfter,
            let delay = retry.delay(afterFailure: invocation.failures + 1, jitter: jitter, atLeast: retryAfter)
        else { return try await end(.failed, outcome: failure.message, failure: plain) }
        let at = time.now + delay
        try await ledger.invocations.retryLater(invocation, reason: failure.message, availableAt: at, now: time.now)
        observe(.retrying(invocation.id, reason: failure.message, at: at))
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
