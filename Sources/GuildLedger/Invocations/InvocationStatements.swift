import Foundation
import GuildDomain

/// The journal's rows. All of these run inside a transaction of `InvocationLedger`.
struct InvocationStatements {
    let db: LedgerTransaction

    func turns(of invocation: InvocationID) throws -> [JournalledTurn] {
        let calls = try db.all("SELECT * FROM tool_calls WHERE invocation = ? ORDER BY n, position", [invocation]) {
            row in
            (turn: try row["n"] as Int, call: try ToolCall(row: row))
        }
        let byTurn = Dictionary(grouping: calls, by: \.turn).mapValues { $0.map(\.call) }
        return try db.all("SELECT * FROM turns WHERE invocation = ? ORDER BY n, attempt", [invocation]) { row in
            var turn = try JournalledTurn(row: row)
            if turn.isAnswered { turn.calls = byTurn[turn.n] ?? [] }
            return turn
        }
    }

    /// Journals that a turn has begun. An answered turn is never begun again, and no two calls are in progress at once.
    func begin(_ plan: TurnPlan, of invocation: Invocation, reservation: Reservation, now: Timestamp) throws {
        guard [.awakening, .active].contains(invocation.state) else {
            throw StateConflict(
                subject: "invocation \(invocation.id)",
                reason: "no turn begins while it is \(invocation.state.rawValue)")
        }
        let begun = try db.changes(
            """
            INSERT INTO turns (invocation, n, attempt, state, provider, model, request_digest, reservation, begun_at,
                trimmed)
            SELECT ?1, ?2, ?3, 'begun', ?4, ?5, ?6, ?7, ?8, ?9
            WHERE NOT EXISTS (SELECT 1 FROM turns
                WHERE invocation = ?1 AND (state = 'begun' OR state = 'answered' AND n = ?2))
            ON CONFLICT (invocation, n, attempt) DO UPDATE SET provider = excluded.provider,
                model = excluded.model, request_digest = excluded.request_digest,
                reservation = excluded.reservation, begun_at = excluded.begun_at, trimmed = excluded.trimmed,
                ended_at = NULL, state = 'begun'
            """,
            [
                invocation.id, plan.n, invocation.attempt, plan.provider, plan.model, plan.requestDigest,
                reservation.id,
                now, plan.trimmedBytes,
            ])
        guard begun == 1 else { throw LedgerFailure.fenced(what: "turn \(plan.n) of \(invocation.id)") }
        // The other columns, which indexes hold, stay as the claim left them.
        if invocation.state == .awakening {
            try db.run("UPDATE invocations SET state = 'active' WHERE id = ?", [invocation.id])
        }
    }

    func journal(
        _ answer: TurnAnswer, usage: TokenUsage, cost: Int64, plan: TurnPlan, of invocation: Invocation, now: Timestamp
    ) throws {
        let answered = try db.changes(
            """
            UPDATE turns SET state = 'answered', ended_at = ?, stop = ?, origin = ?, delta = ?, input = input + ?,
                cache_read = cache_read + ?, cache_write = cache_write + ?, output = output + ?,
                reasoning = reasoning + ?, cost = cost + ?
            WHERE invocation = ? AND n = ? AND attempt = ? AND state = 'begun'
            """,
            [
                now, answer.stop, answer.origin, BodyCodec.standard.encode(answer.delta.bytes()), usage.input,
                usage.cacheRead, usage.cacheWrite,
                usage.output, usage.reasoning, cost, invocation.id, plan.n, invocation.attempt,
            ])
        guard answered == 1 else { throw LedgerFailure.fenced(what: "turn \(plan.n) of \(invocation.id)") }
        try addUsage(usage, cost: cost, to: invocation.id)
    }

    /// A turn without an answer: reported usage is posted; other usage that was sent and may have been billed is posted
    /// at its bound, marked estimated; a call that was only held cannot have been billed.
    func loseTurn(
        _ reservation: Reservation, of invocation: Invocation, _ lost: LostAnswer, prices: TokenPrices? = nil,
        now: Timestamp
    ) throws {
        guard
            let open = try db.budgets.openReservations(of: invocation.id).first(where: {
                $0.reservation.id == reservation.id
            })
        else { throw LedgerFailure.fenced(what: "reservation \(reservation.id)") }
        let isBilled = (lost.mayHaveBilled || lost.usage != nil) && open.isSent
        let isEstimated = isBilled && (lost.usage == nil || lost.isEstimate)
        let reported = lost.usage?.bounded
        let usage = isBilled ? reported ?? open.reservation.bound : .zero
        let cost = !isBilled ? 0 : reported.map { BudgetRule.cost(prices, of: $0) } ?? open.reservation.cost
        let settlement = try db.budgets.settle(
            open.reservation, spent: isBilled ? usage : nil, cost: cost, estimated: isEstimated, now: now)
        try db.run(
            """
            UPDATE turns SET state = 'lost', ended_at = ?, input = input + ?, cache_read = cache_read + ?,
                cache_write = cache_write + ?, output = output + ?, reasoning = reasoning + ?, cost = cost + ?
            WHERE invocation = ? AND n = ? AND attempt = ? AND state = 'begun'
            """,
            [
                now, usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning, cost, invocation.id,
                open.n, open.attempt,
            ])
        var told: JSONObject = [
            "agent": .string(invocation.agent), "turn": .integer(open.n), "model": .string(open.model),
            "tokens": .integer(usage.total), "cost": .integer(cost), "reason": .string(lost.reason),
        ]
        try db.audit.append(invocation.entry(.modelFailed, now: now, told))
        guard isBilled else { return }
        try addUsage(usage, cost: cost, to: invocation.id)
        try db.budgets.rollUp(
            invocation, model: open.model, usage: usage, cost: cost, estimated: isEstimated, at: settlement.at)
        try auditOverrun(settlement.overrun, turn: open.n, of: invocation, now: now)
        guard isEstimated else { return }
        if let doubt = lost.doubt { told["doubt"] = .string(doubt) }
        try db.audit.append(invocation.entry(.budgetEstimated, now: now, told))
    }

    /// Spending that exceeded its reservation.
    func auditOverrun(_ overrun: Spending, turn: Int, of invocation: Invocation, now: Timestamp) throws {
        guard !overrun.isZero else { return }
        try db.audit.append(
            invocation.entry(
                .budgetOverrun, now: now,
                [
                    "agent": .string(invocation.agent), "turn": .integer(turn), "tokens": .integer(overrun.tokens),
                    "cost": .integer(overrun.cost),
                ]))
    }

    /// No attempt leaves an open reservation behind.
    func closeOpenTurns(of invocation: Invocation, reason: String, now: Timestamp) throws {
        for open in try db.budgets.openReservations(of: invocation.id) {
            try loseTurn(
                open.reservation, of: invocation, LostAnswer(reason: reason, mayHaveBilled: true), now: now)
        }
    }

    func insert(_ call: ToolCall, turn: Int, of invocation: Invocation, now: Timestamp) throws {
        try db.run(
            """
            INSERT INTO tool_calls (invocation, n, position, call_id, name, arguments, state, result, is_error, action)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                invocation.id, turn, call.position, call.callID, call.name, call.arguments.text(),
                call.result == nil ? "pending" : "done", call.result, call.isError, call.action?.id,
            ])
        if let action = call.action {
            try db.actions.insert(action, turn: turn, position: call.position, of: invocation, now: now)
        } else if call.result != nil {
            try auditTool(call, of: invocation, now: now)
        }
    }

    /// - Returns: whether the call was pending; a later result changes nothing.
    @discardableResult
    func finishCall(
        _ invocation: InvocationID, turn: Int, position: Int, result: String, isError: Bool
    ) throws -> Bool {
        try db.changes(
            """
            UPDATE tool_calls SET state = 'done', result = ?, is_error = ?
            WHERE invocation = ? AND n = ? AND position = ? AND state = 'pending'
            """, [result, isError, invocation, turn, position]) == 1
    }

    /// Lets go of the worker if nothing but actions and people are waited for. Only for the attempt that owns it.
    ///
    /// - Returns: the state it is in now.
    func waitIfOnlyActionsPend(_ invocation: Invocation, waitUntil: Timestamp) throws -> InvocationState {
        let pending = try pendingCalls(of: invocation.id)
        let state = try owned(invocation).state
        // A pending read is the executor's own next step.
        guard pending.all > 0, pending.all == pending.actions, state.canBecome(.waiting) else { return state }
        try setState(
            invocation.id, .waiting, waiting: pending.people > 0 ? .approval : .action,
            availableAt: pending.people > 0 ? Timestamp(microseconds: .max) : waitUntil)
        return .waiting
    }

    /// After an action ended or a person decided: wakes an invocation that waited for nothing else. One that a worker
    /// holds, or that waits for a budget or a rate, is left as it is.
    func wakeIfNothingPends(_ id: InvocationID, waitUntil: Timestamp, now: Timestamp) throws {
        let reason: WaitReason? = try db.value("SELECT wait_reason FROM invocations WHERE id = ?", [id])
        guard reason == .action || reason == .approval else { return }
        let pending = try pendingCalls(of: id)
        if pending.all == 0 {
            try setState(id, .queued, availableAt: now)
        } else if pending.people == 0, reason == .approval {
            // From now on it is not a person but an action that takes its time.
            try setState(id, .waiting, waiting: .action, availableAt: waitUntil)
        }
    }

    private func pendingCalls(of id: InvocationID) throws -> (all: Int, actions: Int, people: Int) {
        let counts = try db.first(
            """
            SELECT count(*), count(t.action), count(a.id) FROM tool_calls t
            LEFT JOIN actions a ON a.id = t.action AND a.state = 'awaiting'
            WHERE t.invocation = ? AND t.state = 'pending'
            """, [id]
        ) { row in (all: try row[0] as Int, actions: try row[1] as Int, people: try row[2] as Int) }
        return counts ?? (0, 0, 0)
    }

    /// Ends an invocation. One that does not succeed takes the actions that nobody has agreed to with it, and a
    /// cancelled one those too that have not begun.
    func end(
        _ invocation: Invocation, as state: InvocationState, outcome: String, actor: String = "executor", now: Timestamp
    ) throws {
        let path: [InvocationState] = state == .succeeded ? [.cooling, state] : [state]
        var current = invocation.state == .awakening && state == .succeeded ? InvocationState.active : invocation.state
        for next in path where current != next {
            guard current.canBecome(next), state.isFinal else {
                throw StateConflict(
                    subject: "invocation \(invocation.id)",
                    reason: "cannot go from \(current.rawValue) to \(next.rawValue)")
            }
            current = next
        }
        try closeOpenTurns(of: invocation, reason: "the invocation ended", now: now)
        try db.rates.giveBackTokens(of: invocation.id)
        try db.run(
            """
            UPDATE invocations SET state = ?, wait_reason = NULL, available_at = ?, lease_owner = NULL,
                lease_until = NULL, ended_at = ?, outcome = ? WHERE id = ?
            """, [state.rawValue, now, now, outcome, invocation.id])
        if state != .succeeded {
            try db.actions.cancelActions(of: invocation.id, alsoQueued: state == .cancelled, actor: actor, now: now)
        }
        let told: JSONObject = [
            "agent": .string(invocation.agent), "state": .string(state.rawValue),
            "attempt": .integer(invocation.attempt),
            "outcome_sha256": .string(ContentDigest.hex(of: Array(outcome.utf8))),
        ]
        try db.audit.append(invocation.entry(.invocationEnded, actor: actor, now: now, told))
    }

    func auditTool(_ call: ToolCall, of invocation: Invocation, now: Timestamp) throws {
        try db.audit.append(
            invocation.entry(
                .toolCalled, now: now,
                [
                    "agent": .string(invocation.agent), "tool": .string(call.name), "error": .bool(call.isError),
                    "arguments_sha256": .string(ContentDigest.hex(of: call.arguments.bytes(.canonical))),
                ]))
    }

    func auditCall(
        _ answer: TurnAnswer, usage: TokenUsage, cost: Int64, plan: TurnPlan, reservation: Reservation,
        of invocation: Invocation, now: Timestamp
    ) throws {
        var told: JSONObject = [
            "agent": .string(invocation.agent), "turn": .integer(plan.n), "provider": .string(plan.provider),
            "model": .string(plan.model), "request": .string(plan.requestDigest), "stop": .string(answer.stop),
            "origin": answer.origin.map { .string($0) } ?? "live", "input": .integer(usage.input),
            "cache_read": .integer(usage.cacheRead), "cache_write": .integer(usage.cacheWrite),
            "output": .integer(usage.output), "reasoning": .integer(usage.reasoning), "cost": .integer(cost),
            "estimated": .bool(answer.usage == nil || answer.isEstimate), "reserved": .integer(reservation.tokens),
            "trimmed_bytes": .integer(plan.trimmedBytes),
        ]
        if let warning = answer.warning { told["warning"] = .string(warning) }
        try db.audit.append(invocation.entry(.modelCalled, now: now, told))
    }

    private func addUsage(_ usage: TokenUsage, cost: Int64, to invocation: InvocationID) throws {
        try db.run(
            """
            UPDATE invocations SET input = input + ?, cache_read = cache_read + ?, cache_write = cache_write + ?,
                output = output + ?, reasoning = reasoning + ?, cost = cost + ? WHERE id = ?
            """,
            [
                usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning, cost, invocation,
            ])
        try db.fairShares.chargeShares(of: invocation, tokens: usage.total)
    }
}

extension Invocation {
    /// An audit entry about this invocation.
    func entry(
        _ kind: AuditEntry.Kind, actor: String = "executor", now: Timestamp, _ body: JSONObject
    ) -> AuditEntry {
        AuditEntry(
            at: now, actor: actor, kind: kind, subject: id.description, commit: commit, cause: event.description,
            root: root.description, body: .object(body))
    }
}
