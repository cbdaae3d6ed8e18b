import GuildCodex
import GuildDomain
import GuildLedger
import Synchronization

extension InvocationRun {
    /// One call of the model: reserved and journalled as begun, sent, journalled as answered.
    ///
    /// - Returns: the state the invocation is in afterwards, and the turn as the journal now has it.
    func takeTurn(
        after turns: [AnsweredTurn], _ setting: Setting
    ) async throws -> (state: InvocationState, turn: AnsweredTurn) {
        guard time.now <= deadline(after: turns, setting) else { throw overtime(setting) }
        let n = (turns.map(\.n).max() ?? 0) + 1
        var trim = ContextTrim(under: try await alert(setting))
        var request = try setting.builder.request(
            model: setting.model.model, maxOutputTokens: setting.limits.replyLimit, turns: turns, trim: &trim)
        request = request.masked(by: providers.redactor)
        // Only what is recorded or replayed is looked for again, in another run, by what was asked.
        let volatile = setting.provider is any KeyedProvider ? setting.builder.volatile(after: turns) : []
        let key = RequestDigest.key(of: request, volatile: volatile)
        let plan = plan(request, turn: n, key: key, trimmedBytes: trim.leftOutBytes, setting)
        let begunAt = time.now
        let reservation = try await ledger.invocations.beginTurn(
            plan, of: invocation, worker: worker, head: setting.fence, isSending: true, now: begunAt)
        // An alert shortens the remaining time, recomputed at each turn.
        let deadline = self.deadline(after: turns, setting, reservation.level)
        request.grantedOutputTokens = Int(clamping: reservation.output)
        request.reservedInputTokens = plan.inputBound
        let (result, isOvertime) = await complete(
            request, by: setting.provider.forRun(volatile: volatile), until: deadline)
        switch result {
        case .success(let turn):
            return try await journal(turn, plan, reservation, begunAt: begunAt, after: turns, setting)
        case .failure(let failure):
            let reason = isOvertime ? overtime(setting, reservation.level).message : failure.message
            try await ledger.invocations.recordLostTurn(
                plan, reservation: reservation, of: invocation,
                LostAnswer(
                    reason: reason, mayHaveBilled: failure.mayHaveBilled, usage: failure.usage?.tokens,
                    isEstimate: failure.usage?.isEstimate ?? false, doubt: failure.usage?.doubt), now: time.now)
            if let doubt = failure.usage?.doubt { observe(.warned(invocation.id, doubt)) }
            throw isOvertime ? overtime(setting, reservation.level) : failure.cause as any Error
        }
    }

    /// The alert that trims the request. None if answers are replayed or recorded: a recording is found by its request,
    /// which must not depend on the spending of others.
    private func alert(_ setting: Setting) async throws -> AlertLevel {
        guard !(setting.provider is any KeyedProvider) else { return .none }
        return try await ledger.budgets.alertLevels(now: time.now).level(
            agent: invocation.agent, chapter: invocation.chapter)
    }

    /// The answer, or the failure; a call that is under way at `deadline` is cancelled.
    private func complete(
        _ request: ModelRequest, by provider: any ModelProvider, until deadline: Timestamp
    ) async -> (Result<ModelTurn, ModelFailure>, isOvertime: Bool) {
        let call = Task { [observe] () -> Result<ModelTurn, ModelFailure> in
            do throws(ModelFailure) {
                return .success(try await provider.complete(request) { observe(.delta($0)) })
            } catch {
                return .failure(error)
            }
        }
        let isOvertime = Mutex(false)
        let alarm = time.alarm(at: deadline) {
            isOvertime.withLock { $0 = true }
            call.cancel()
        }
        let result = await withTaskCancellationHandler {
            await call.value
        } onCancel: {
            call.cancel()
        }
        alarm.cancel()
        return (result, isOvertime.withLock { $0 } && result.isCancelled)
    }

    /// The end of the agent's working time for this invocation: this attempt's, and that of answered turns of earlier
    /// ones. Waits for people, for actions or for its next try do not count, nor does the time of a crash.
    private func deadline(
        after turns: [AnsweredTurn], _ setting: Setting, _ level: AlertLevel = .none
    ) -> Timestamp {
        let earlier = turns.filter { $0.attempt < invocation.attempt }
        let spent = earlier.reduce(Duration.zero) { $0 + $1.duration }
        return setting.began + (level.activeDuration(setting.limits.maxActiveDuration) - spent)
    }

    private func overtime(_ setting: Setting, _ level: AlertLevel = .none) -> Failure {
        let full = setting.limits.maxActiveDuration
        let allowed = level.activeDuration(full)
        return Failure(
            .failed, "it worked longer than \(allowed)" + (allowed < full ? ", halved by the \(level.name) alert" : ""),
            hint: "raise resources.maxActiveDuration of agent \(invocation.agent)")
    }

    private func plan(
        _ request: ModelRequest, turn n: Int, key: String, trimmedBytes: Int, _ setting: Setting
    ) -> TurnPlan {
        var plan = TurnPlan(
            n: n, provider: setting.provider.name, model: setting.model.label,
            requestDigest: key,
            inputBound: InputEstimate.tokens(of: request), outputWanted: Int64(setting.limits.replyLimit),
            prices: setting.model.entry.prices, accounts: setting.limits.accounts(of: invocation))
        plan.rules = setting.limits.rules
        plan.trimmedBytes = trimmedBytes
        return plan
    }

    /// Journals an answer, and the invocation's end with it if it is the last one.
    private func journal(
        _ turn: ModelTurn, _ plan: TurnPlan, _ reservation: Reservation, begunAt: Timestamp,
        after turns: [AnsweredTurn], _ setting: Setting
    ) async throws -> (state: InvocationState, turn: AnsweredTurn) {
        let now = time.now
        let turn = turn.masked(by: providers.redactor)
        let calls = capped(setting.toolBox.plan(turn.content, now: now), setting)
        let answer = TurnAnswer(
            delta: TurnDelta.json(of: turn.content), stop: turn.stop.rawValue, origin: turn.replayOrigin,
            usage: turn.usage, calls: calls, isEstimate: turn.isUsageEstimated, doubt: turn.usageDoubt,
            warning: turn.warning)
        let answered = AnsweredTurn(
            n: plan.n, attempt: invocation.attempt, stop: turn.stop, content: turn.content, duration: now - begunAt,
            calls: calls)
        let ending = Ending(of: answered, after: turns + [answered], setting.builder, setting.limits)
        let state = try await ledger.invocations.recordAnswer(
            answer, plan: plan, reservation: reservation, of: invocation, waitUntil: now + setting.limits.actionWait,
            ending: ending.map { (state: $0.state, outcome: $0.text) }, now: now)
        let settled = answer.settlement(of: reservation, plan)
        observe(
            .answered(
                turn: plan.n, usage: settled.usage, costMicrodollars: settled.cost, estimated: settled.isEstimated,
                origin: turn.replayOrigin))
        for warning in [turn.usageDoubt, turn.warning] {
            if let warning { observe(.warned(invocation.id, warning)) }
        }
        for call in calls { observe(.asked(call)) }
        if let ending { observe(.ended(invocation.id, state, outcome: ending.text, failure: ending.failure)) }
        return (state, answered)
    }
}

extension Result<ModelTurn, ModelFailure> {
    fileprivate var isCancelled: Bool {
        if case .failure(let failure) = self { failure.cause == .cancelled } else { false }
    }
}
