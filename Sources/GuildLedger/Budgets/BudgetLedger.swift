package import GuildDomain

/// Accounts, grants, throttles and alerts.
package struct BudgetLedger: Sendable {
    let ledger: Ledger

    /// The state of an account in each of its periods.
    ///
    /// - Returns: nil if nothing was ever reserved on it and no limit of it was seen.
    package func standing(of account: AccountName, now: Timestamp) async throws -> AccountStanding? {
        try await ledger.read { db in try db.accounts.standing(of: account.description, now: now) }
    }

    /// The standings of the organisation, then of every chapter, agent and swarm by name; at most 10,000.
    package func standings(now: Timestamp) async throws -> [AccountStanding] {
        try await ledger.scan { db in try db.accounts.standings(now: now) }
    }

    /// Adds to a running period, audited; invocations that waited for that room continue.
    ///
    /// - Throws: `BudgetCommandFailure`.
    package func grant(_ request: GrantRequest, now: Timestamp) async throws -> GrantOutcome {
        try await ledger.write { db in try db.budgets.grant(request, now: now) }
    }

    /// Lowers a running limit by a factor or to a number, audited. A second one on the same account and period takes the
    /// place of the first.
    ///
    /// - Throws: `BudgetCommandFailure`.
    package func throttle(_ request: ThrottleRequest, now: Timestamp) async throws -> Throttle {
        try await ledger.write { db in try db.budgets.throttle(request, now: now) }
    }

    /// Ends the throttles of an account, audited; invocations that waited for that room continue.
    ///
    /// - Throws: `BudgetCommandFailure.notThrottled`.
    package func liftThrottle(
        of account: AccountName, reason: String, actor: String, now: Timestamp
    ) async throws -> GrantOutcome {
        try await ledger.write { db in
            try db.budgets.liftThrottle(of: account, reason: reason, actor: actor, now: now)
        }
    }

    /// The grants that have not lapsed, newest first, at most 1,000.
    package func grants(of account: AccountName? = nil, now: Timestamp) async throws -> [Grant] {
        try await ledger.scan { db in try db.budgets.activeGrants(of: account?.description, now: now) }
    }

    /// The throttles in force, newest first, at most 1,000.
    package func throttles(of account: AccountName? = nil, now: Timestamp) async throws -> [Throttle] {
        try await ledger.scan { db in try db.budgets.activeThrottles(of: account?.description, now: now) }
    }

    /// Recomputes every counter, window, roll-up and balance from the entries and the reservations, and explains every
    /// excess over a limit. One pass over one snapshot; memory is bounded whatever the ledger holds.
    package func verify(now: Timestamp) async throws -> BudgetVerification {
        try await ledger.scan { db in
            var audit = try BudgetAudit(db: db, now: now)
            var result = try audit.run()
            try db.reports.compareRootUsage(into: &result)
            return result
        }
    }

    /// The alerts in force now.
    package func alertLevels(now: Timestamp) async throws -> AlertLevels {
        try await ledger.read { db in try db.accounts.alertLevels(now: now) }
    }

    /// Records the limits of a commit, so that alerts, reports and waiting invocations follow them immediately and not
    /// only with the next call; each change is audited.
    ///
    /// - Parameter recipients: the recipients of each account's alerts, by its name; nil leaves them as they are.
    package func noteLimits(
        _ limits: [AccountLimit], rules: BudgetRules, recipients: [String: [String]]? = nil, now: Timestamp
    ) async throws {
        try await ledger.write { db in
            if let recipients { try db.accounts.replaceAlertRecipients(recipients) }
            try db.accounts.noteLimits(limits, rules: rules, now: now)
        }
    }

    /// Ends the reservations whose owner missed their deadline, whatever the state of the invocation: a held one is
    /// released, a sent one is posted at its bound, marked estimated. At most 1,000; audited.
    ///
    /// - Returns: how many there were.
    package func expireReservations(now: Timestamp) async throws -> Int {
        try await ledger.write { db in try db.budgets.expireReservations(now: now) }
    }

    /// Puts an invocation that a budget stopped into `waiting`, with its results so far; it continues by itself when
    /// there is room.
    package func suspend(
        _ invocation: Invocation, refused: BudgetExceeded, partial: String, now: Timestamp
    ) async throws {
        try await ledger.write { db in
            try db.budgets.suspend(invocation, refused: refused, partial: partial, now: now)
        }
    }

    /// The obstacle of an invocation that waits for a budget; nil if it does not.
    package func wait(of invocation: InvocationID) async throws -> BudgetWait? {
        try await ledger.read { db in try db.budgets.wait(of: invocation) }
    }

    /// Puts an invocation that waits for a budget back into the queue, optionally for this worker alone: it tries
    /// again, and waits again if there is still no room.
    ///
    /// - Returns: the invocation as it is now; nil if there is none.
    package func resume(
        _ invocation: InvocationID, for worker: WorkerID?, actor: String, now: Timestamp
    ) async throws -> Invocation? {
        try await ledger.write { db in
            try db.budgets.resume(invocation, for: worker, actor: actor, now: now)
        }
    }
}
