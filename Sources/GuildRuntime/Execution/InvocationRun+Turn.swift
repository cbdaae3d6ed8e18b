import GuildCodex
import GuildDomain
import GuildLedger

extension InvocationRun {
    /// One call of the model: reserved, journalled as begun, sent, journalled as answered.
    ///
    /// - Returns: the state the invocation is in afterwards.
    func takeTurn(after turns: [JournalledTurn], _ setting: Setting) async throws -> InvocationState {
        let n = (turns.filter(\.isAnswered).map(\.n).max() ?? 0) + 1
        var request = try setting.builder.request(
            model: setting.model.model, maxOutputTokens: setting.limits.replyLimit, turns: turns)
        let volatile = setting.builder.volatile(after: turns)
        let plan = plan(request, turn: n, key: RequestDigest.key(of: request, volatile: volatile), setting)
        let reservation = try await ledger.beginTurn(plan, of: invocation, worker: worker, now: time.now)
        // A replayed question must not depend on how much room a budget had.
        if setting.provider.name != "replay" { request.maxOutputTokens = Int(clamping: reservation.output) }
        try await ledger.markSent(reservation, of: invocation)
        let turn: ModelTurn
        do throws(ModelFailure) {
            turn = try await setting.provider.forRun(volatile: volatile).complete(request) { [observe] in observe(.delta($0)) }
        } catch {
            try await ledger.recordLostTurn(
                plan, reservation: reservation, of: invocation, mayHaveBilled: error.mayHaveBilled,
                reason: error.message, now: time.now)
            throw error
        }
        return try await journal(turn, plan, reservation, setting)
    }

    private func plan(_ request: ModelRequest, turn n: Int, key: String, _ setting: Setting) -> TurnPlan {
        TurnPlan(
            n: n, provider: setting.provider.name, model: setting.model.label,
            requestDigest: key,
            inputBound: InputEstimate.tokens(of: request), outputWanted: Int64(setting.limits.replyLimit),
            prices: setting.model.entry.prices, accounts: setting.limits.accounts(of: invocation))
    }

    private func journal(
        _ turn: ModelTurn, _ plan: TurnPlan, _ reservation: Reservation, _ setting: Setting
    ) async throws -> InvocationState {
        let now = time.now
        let calls = setting.toolBox.plan(turn.content, now: now)
        let answer = TurnAnswer(
            delta: TurnDelta.json(of: turn.content), stop: turn.stop.rawValue, origin: turn.replayOrigin,
            usage: turn.usage, calls: calls)
        let state = try await ledger.recordAnswer(
            answer, plan: plan, reservation: reservation, of: invocation, waitUntil: now + setting.limits.actionWait,
            now: now)
        let usage = turn.usage ?? TokenUsage(input: reservation.input, output: reservation.output)
        observe(
            .answered(
                turn: plan.n, usage: usage, costMicrodollars: plan.prices?.cost(of: usage) ?? 0,
                estimated: turn.usage == nil, origin: turn.replayOrigin))
        for call in calls { observe(.asked(call)) }
        return state
    }
}
