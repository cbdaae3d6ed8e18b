import Foundation
package import GuildDomain

extension InvocationLedger {
    /// Reserves the call's worst case on every account and journals that the turn has begun, in one transaction. No
    /// byte leaves for the provider before this is durable.
    ///
    /// - Parameters:
    ///   - head: the accepted commit whose limits the plan obeys, as this process knows it; nil asks for none.
    ///   - isSending: whether the request leaves as soon as this returns: the provider may bill it from then on. A kill
    ///     in between costs one estimate.
    /// - Throws: `BudgetExceeded` if an account has no room, `StaleHead` if another commit is accepted; then nothing
    ///   is reserved.
    package func beginTurn(
        _ plan: TurnPlan, of invocation: Invocation, worker: Worker, head: String? = nil, isSending: Bool = false,
        now: Timestamp
    ) async throws -> Reservation {
        do {
            return try await reserveTurn(
                plan, of: invocation, worker: worker, head: head, isSending: isSending, now: now)
        } catch let refusal as BudgetExceeded {
            // Reservations of dead workers are not a reason to refuse the living.
            if refusal.reserved > 0, try await ledger.read({ try $0.budgets.hasExpiredReservations(now: now) }),
                try await ledger.budgets.expireReservations(now: now) > 0
            {
                return try await beginTurn(
                    plan, of: invocation, worker: worker, head: head, isSending: isSending, now: now)
            }
            try await ledger.write { db in
                try db.accounts.noteKnown(plan, refusedBy: refusal.account, now: now)
                try db.audit.append(
                    try db.invocations.owned(invocation).entry(
                        .budgetRefused, now: now,
                        [
                            "agent": .string(invocation.agent), "turn": .integer(plan.n),
                            "account": .string(refusal.account), "setting": .string(refusal.setting),
                            "limit": .integer(refusal.limit), "used": .integer(refusal.used),
                            "reserved": .integer(refusal.reserved), "needed": .integer(refusal.needed),
                        ]))
            }
            throw refusal
        }
    }

    private func reserveTurn(
        _ plan: TurnPlan, of invocation: Invocation, worker: Worker, head: String?, isSending: Bool, now: Timestamp
    ) async throws -> Reservation {
        try await ledger.write { db in
            try db.codex.requireAccepted(head)
            let current = try db.invocations.owned(invocation)
            let reservation = try db.budgets.reserve(
                plan, for: invocation, owner: worker.id, isSending: isSending, now: now)
            try db.invocations.begin(plan, of: current, reservation: reservation, now: now)
            return reservation
        }
    }

    /// Journals the answer, settles its reservation at the reported usage, records the tool calls and requests the
    /// actions, in one transaction. An invocation that only waits for actions releases its worker.
    ///
    /// - Parameter ending: the end of the invocation, if the answer is its last.
    /// - Returns: the state it is in now.
    package func recordAnswer(
        _ answer: TurnAnswer, plan: TurnPlan, reservation: Reservation, of invocation: Invocation,
        waitUntil: Timestamp, ending: (state: InvocationState, outcome: String)? = nil, now: Timestamp
    ) async throws -> InvocationState {
        try await ledger.write { db in
            let current = try db.invocations.owned(invocation)
            let (usage, cost, isEstimated) = answer.settlement(of: reservation, plan)
            let settlement = try db.budgets.settle(
                reservation, spent: usage, cost: cost, estimated: isEstimated, limits: plan.accounts, now: now)
            try db.invocations.journal(answer, usage: usage, cost: cost, plan: plan, of: invocation, now: now)
            try db.budgets.rollUp(
                current, model: plan.model, usage: usage, cost: cost, estimated: isEstimated, at: settlement.at)
            try db.invocations.auditCall(
                answer, usage: usage, cost: cost, plan: plan, reservation: reservation, of: current, now: now)
            try db.invocations.auditOverrun(settlement.overrun, turn: plan.n, of: current, now: now)
            if let doubt = answer.doubt {
                try db.audit.append(
                    current.entry(
                        .budgetEstimated, now: now,
                        [
                            "agent": .string(current.agent), "turn": .integer(plan.n), "model": .string(plan.model),
                            "tokens": .integer(usage.total), "cost": .integer(cost), "reason": .string(doubt),
                        ]))
            }
            for call in answer.calls { try db.invocations.insert(call, turn: plan.n, of: current, now: now) }
            if let ending {
                try db.invocations.end(current, as: ending.state, outcome: ending.outcome, now: now)
                return ending.state
            }
            return try db.invocations.waitIfOnlyActionsPend(current, waitUntil: waitUntil)
        }
    }

    /// A call without an answer: reported usage is posted as reported, other billable usage at its bound, and the rest
    /// is released.
    package func recordLostTurn(
        _ plan: TurnPlan, reservation: Reservation, of invocation: Invocation, _ lost: LostAnswer, now: Timestamp
    ) async throws {
        try await ledger.write { db in
            let current = try db.invocations.owned(invocation)
            try db.invocations.loseTurn(reservation, of: current, lost, prices: plan.prices, now: now)
        }
    }

    /// Records the results of inline reads.
    ///
    /// - Parameter turnAt: when the first of the remaining reads has its slot; the invocation then waits for that.
    /// - Returns: the state the invocation is in now: `waiting` also where only actions are still pending.
    package func recordResults(
        _ calls: [ToolCall], turn: Int, of invocation: Invocation, waitUntil: Timestamp, turnAt: Timestamp? = nil,
        now: Timestamp
    ) async throws -> InvocationState {
        try await ledger.write { db in
            let current = try db.invocations.owned(invocation)
            for call in calls {
                let isNew = try db.invocations.finishCall(
                    invocation.id, turn: turn, position: call.position, result: call.result ?? "", isError: call.isError
                )
                if isNew { try db.invocations.auditTool(call, of: current, now: now) }
            }
            if let turnAt {
                try db.rates.waitForTurn(current, until: turnAt, now: now)
                return .waiting
            }
            return try db.invocations.waitIfOnlyActionsPend(current, waitUntil: waitUntil)
        }
    }

    /// Every turn of the invocation with its calls, in order; lost ones too.
    package func turns(of invocation: InvocationID) async throws -> [JournalledTurn] {
        try await ledger.read { db in try db.invocations.turns(of: invocation) }
    }

    /// Ends the invocation: `cooling`, then its final state, in one transaction.
    package func end(
        _ invocation: Invocation, as state: InvocationState, outcome: String, now: Timestamp
    ) async throws {
        try await ledger.write { db in
            let current = try db.invocations.owned(invocation)
            try db.invocations.end(current, as: state, outcome: outcome, now: now)
        }
    }

    /// Puts a failed attempt back into the queue until `availableAt`, where its retries are not used up.
    package func retryLater(
        _ invocation: Invocation, reason: String, availableAt: Timestamp, now: Timestamp
    ) async throws {
        try await ledger.write { db in
            let current = try db.invocations.owned(invocation)
            try db.invocations.closeOpenTurns(of: current, reason: reason, now: now)
            try db.invocations.setState(invocation.id, .queued, availableAt: availableAt)
            try db.run(
                "UPDATE invocations SET failures = failures + 1, outcome = ? WHERE id = ?", [reason, invocation.id])
            try db.audit.append(
                current.entry(
                    .invocationRetried, now: now,
                    [
                        "agent": .string(invocation.agent), "attempt": .integer(invocation.attempt),
                        "reason": .string(reason),
                    ]))
        }
    }
}

extension Reservation {
    /// The most that a call may have used, if the provider never reported it.
    var bound: TokenUsage { TokenUsage(input: input, output: output) }
}
