package import GuildDomain

extension DispatchLedger {
    /// A wait up to this may be slept through; a longer one gives the slot and the lease back.
    package static let shortWait = Duration.seconds(1)

    /// Assigns a rate-limit slot to each pending read of this model turn. A slot survives waits and restarts.
    ///
    /// - Parameter charges: the rate limits of the reads, by their positions.
    /// - Returns: the slots by position; a read without rate limits has none.
    /// - Throws: `LedgerFailure.fenced` where this attempt does not own the invocation any more.
    package func takeTurns(
        _ charges: [Int: [AdmissionTerms.Charge]], turn n: Int, of invocation: Invocation, now: Timestamp
    ) async throws -> [Int: RateTurn] {
        let wanted = charges.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        guard !wanted.isEmpty else { return [:] }
        return try await ledger.write { db in
            _ = try db.invocations.owned(invocation)
            var turns: [Int: RateTurn] = [:]
            for (position, charges) in wanted {
                let call: [(any Storable)?] = [invocation.id, n, position]
                let taken: Timestamp? = try db.value(
                    "SELECT turn_at FROM tool_calls WHERE invocation = ? AND n = ? AND position = ?", call)
                if let taken {
                    turns[position] = .at(taken)
                    continue
                }
                let turn = try db.rates.takeTurn(charges, now: now)
                turns[position] = turn
                guard case .at(let due) = turn else { continue }
                try db.run(
                    "UPDATE tool_calls SET turn_at = ? WHERE invocation = ? AND n = ? AND position = ?",
                    [due] + call)
            }
            return turns
        }
    }
}

extension RateStatements {
    /// Takes a slot from each bucket, or from none if one refuses.
    func takeTurn(_ charges: [AdmissionTerms.Charge], now: Timestamp) throws -> RateTurn {
        var book = LedgerBook(db: db, event: nil)
        switch try AdmissionRule.takeTurn(charges, in: &book, now: now) {
        case .delayed(let until, _): return .at(until)
        case .rejected(let until, let reason):
            return .refused(RateExceeded(reason: reason, until: until, wait: until - now))
        case .started, .opened, .joined, .paused, nil: return .at(now)
        }
    }

    /// Releases the worker until a slot comes. Only for the attempt that owns it.
    ///
    /// - Throws: `CancellationError` where somebody has asked for its end: it must not wait for that.
    func waitForTurn(_ invocation: Invocation, until due: Timestamp, now: Timestamp) throws {
        guard !invocation.cancelRequested else { throw CancellationError() }
        try db.invocations.move(invocation, to: .waiting, waiting: .rate, availableAt: due, now: now)
        try db.audit.append(
            invocation.entry(
                .invocationRetried, now: now,
                [
                    "agent": .string(invocation.agent), "attempt": .integer(invocation.attempt),
                    "reason": .string("waits for its slot at a connector until \(due.rfc3339)"),
                ]))
    }
}
