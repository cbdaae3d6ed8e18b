import GRDB
package import GuildDomain

/// Why a request does not go out now.
package struct RateExceeded: GuildError, Equatable {
    package let reason: String
    package let until: Timestamp
    /// From the moment of asking.
    package let wait: Duration

    package var kind: ErrorKind { .unavailable }
    package var message: String { "\(reason); try again after \(until.rfc3339)" }
    package var hint: String? { "raise the limit in the codex, or ask less often" }
}

extension Ledger {
    /// Takes a turn from each bucket, and waits until it comes.
    ///
    /// - Throws: `RateExceeded` where a limit refuses instead of letting wait.
    package func waitForTurn(_ charges: [AdmissionTerms.Charge], time: any TimeSource) async throws {
        guard !charges.isEmpty else { return }
        let now = time.now
        let turn = try await write { db in
            var book = LedgerBook(db: db, event: nil)
            return try AdmissionRule.takeTurn(charges, in: &book, now: now)
        }
        switch turn {
        case .delayed(let until, _): try await time.sleep(until: until)
        case .rejected(let until, let reason): throw RateExceeded(reason: reason, until: until, wait: until - now)
        case .started, .opened, .joined, .paused, nil: break
        }
    }
}
