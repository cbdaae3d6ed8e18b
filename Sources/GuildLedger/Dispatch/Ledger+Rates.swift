package import GuildDomain

/// Why a request does not go out now.
package struct RateExceeded: GuildError, Hashable {
    package let reason: String
    package let until: Timestamp
    /// From the moment of asking.
    package let wait: Duration

    package var kind: ErrorKind { .unavailable }
    package var message: String { "\(reason); try again after \(until.rfc3339)" }
    package var hint: String? { "raise the limit in the codex, or ask less often" }
}

/// What asking for a turn comes to.
package enum RateTurn: Sendable, Hashable {
    /// The turn is taken and comes now or at this later instant.
    case at(Timestamp)
    /// A limit refuses instead of letting wait; nothing is taken.
    case refused(RateExceeded)
}

extension Ledger {
    /// A wait up to this may be slept through; a longer one gives the slot and the lease back.
    package static let shortWait = Duration.seconds(1)

    /// Takes the turns of a model turn's reads, each once: a read that has its turn keeps it through waits and restarts.
    ///
    /// - Parameter charges: what the reads take from, by their positions.
    /// - Returns: the turns by position; a read that takes from nothing has none.
    /// - Throws: `LedgerFailure.fenced` where this attempt does not own the invocation any more.
    package func takeTurns(
        _ charges: [Int: [AdmissionTerms.Charge]], turn n: Int, of invocation: Invocation, now: Timestamp
    ) async throws -> [Int: RateTurn] {
        let wanted = charges.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        guard !wanted.isEmpty else { return [:] }
        return try await write { db in
            _ = try db.owned(invocation)
            var turns: [Int: RateTurn] = [:]
            for (position, charges) in wanted {
                let call: [(any Storable)?] = [invocation.id, n, position]
                let taken: Timestamp? = try db.value(
                    "SELECT turn_at FROM tool_calls WHERE invocation = ? AND n = ? AND position = ?", call)
                if let taken {
                    turns[position] = .at(taken)
                    continue
                }
                let turn = try db.takeTurn(charges, now: now)
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

extension LedgerTransaction {
    /// Takes a turn from each bucket or, where one refuses, from none.
    func takeTurn(_ charges: [AdmissionTerms.Charge], now: Timestamp) throws -> RateTurn {
        var book = LedgerBook(db: self, event: nil)
        switch try AdmissionRule.takeTurn(charges, in: &book, now: now) {
        case .delayed(let until, _): return .at(until)
        case .rejected(let until, let reason):
            return .refused(RateExceeded(reason: reason, until: until, wait: until - now))
        case .started, .opened, .joined, .paused, nil: return .at(now)
        }
    }

    /// Lets go of the worker until a turn comes. Only for the attempt that owns it.
    ///
    /// - Throws: `CancellationError` where somebody has asked for its end: it is not to wait for that.
    func waitForTurn(_ invocation: Invocation, until due: Timestamp, now: Timestamp) throws {
        guard !invocation.cancelRequested else { throw CancellationError() }
        try move(invocation, to: .waiting, waiting: .rate, availableAt: due, now: now)
        try appendAudit(
            invocation.entry(
                .invocationRetried, now: now,
                [
                    "agent": .string(invocation.agent), "attempt": .integer(invocation.attempt),
                    "reason": .string("waits for its turn at a connector until \(due.rfc3339)"),
                ]))
    }
}
