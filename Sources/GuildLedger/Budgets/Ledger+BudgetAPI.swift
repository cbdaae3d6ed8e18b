package import GuildDomain

/// Why a grant or a throttle was refused.
package enum BudgetCommandFailure: GuildError, Equatable {
    case unknownAccount(String)
    /// Only a person grants and throttles.
    case notAPerson(String)
    case nothing
    case noReason
    /// A period that the account does not have.
    case noSuchPeriod(account: String, period: String)
    /// Nothing limits the account, so a grant would change nothing.
    case unlimited(account: String)
    case notThrottled(account: String)
    case wrongMeasure(String)
    case past(Timestamp)

    package var kind: ErrorKind { .usage }

    package var message: String {
        switch self {
        case .unknownAccount(let name): "there is no account '\(name)' in the ledger"
        case .notAPerson(let actor): "'\(actor)' is not a person: only a person changes a running budget"
        case .nothing: "nothing to grant: neither tokens nor money, or less than none"
        case .noReason: "there is no reason given"
        case .noSuchPeriod(let account, let period): "\(account) is not counted by '\(period)'"
        case .unlimited(let account): "\(account): no limit is in force, so there is nothing to add to"
        case .notThrottled(let account): "\(account) is not throttled"
        case .wrongMeasure(let text): "a throttle to \(text) lowers nothing"
        case .past(let time): "\(time.rfc3339) has passed already"
        }
    }

    package var hint: String? {
        switch self {
        case .unknownAccount: "`guild budget report` lists what was spent; an account begins with its first call"
        case .notAPerson: nil
        case .nothing: "write a count above zero: 4000, 200K or 10M"
        case .noReason: "add --reason: the audit log keeps it"
        case .noSuchPeriod: "a root and an invocation have one limit for their whole life"
        case .unlimited(let account): "set a limit for \(account) in the codex first, or name another account"
        case .notThrottled: "`guild budget show` lists what is throttled"
        case .wrongMeasure: "give a factor below 1, or a number of tokens"
        case .past: "name a time that lies ahead"
        }
    }
}

extension Ledger {
    /// Where an account stands in each of its periods.
    ///
    /// - Returns: nil where nothing was ever reserved on it and no limit of it was seen.
    package func standing(of account: AccountName, now: Timestamp) async throws -> AccountStanding? {
        try await read { db in try db.standing(of: account.description, now: now) }
    }

    /// The standings of the organisation, then of every chapter, agent and swarm by name; at most 10,000.
    package func standings(now: Timestamp) async throws -> [AccountStanding] {
        try await scan { db in try db.standings(now: now) }
    }

    /// Adds to a running period, audited; invocations that waited for that room go on.
    ///
    /// - Throws: `BudgetCommandFailure`.
    package func grant(_ request: GrantRequest, now: Timestamp) async throws -> GrantOutcome {
        try await write(touching: [.invocations, .schedules, .outcomes]) { db in try db.grant(request, now: now) }
    }

    /// Lowers a running limit by a factor or to a number, audited. A second one on the same account and period takes the
    /// place of the first.
    ///
    /// - Throws: `BudgetCommandFailure`.
    package func throttle(_ request: ThrottleRequest, now: Timestamp) async throws -> Throttle {
        try await write(touching: [.invocations, .schedules]) { db in try db.throttle(request, now: now) }
    }

    /// Ends the throttles of an account, audited; invocations that waited for that room go on.
    ///
    /// - Throws: `BudgetCommandFailure.notThrottled`.
    package func liftThrottle(
        of account: AccountName, reason: String, actor: String, now: Timestamp
    ) async throws -> GrantOutcome {
        try await write(touching: [.invocations, .schedules, .outcomes]) { db in
            try db.liftThrottle(of: account, reason: reason, actor: actor, now: now)
        }
    }

    /// The grants that have not lapsed, newest first, at most 1,000.
    package func grants(of account: AccountName? = nil, now: Timestamp) async throws -> [Grant] {
        try await scan { db in try db.activeGrants(of: account?.description, now: now) }
    }

    /// The throttles in force, newest first, at most 1,000.
    package func throttles(of account: AccountName? = nil, now: Timestamp) async throws -> [Throttle] {
        try await scan { db in try db.activeThrottles(of: account?.description, now: now) }
    }

    /// Recomputes every counter, window, roll-up and balance from the entries and the reservations, and explains all that
    /// stands above a limit. One pass over one snapshot; memory is bounded whatever the ledger holds.
    package func verifyBudgets(now: Timestamp) async throws -> BudgetVerification {
        try await scan { db in
            var audit = try BudgetAudit(db: db, now: now)
            var result = try audit.run()
            try db.compareRootUsage(into: &result)
            return result
        }
    }

    /// The alerts in force now.
    package func alertLevels(now: Timestamp) async throws -> AlertLevels {
        try await read { db in try db.alertLevels(now: now) }
    }

    /// Takes note of the limits that a commit of the codex sets, so that alerts, reports and what waits for room follow
    /// it at once and not only with the next call; each change is audited.
    ///
    /// - Parameter recipients: whom the alerts of each account are told to, by its name; nil leaves them as they are.
    package func noteLimits(
        _ limits: [AccountLimit], rules: BudgetRules, recipients: [String: [String]]? = nil, now: Timestamp
    ) async throws {
        try await write(touching: [.invocations, .schedules, .outcomes]) { db in
            if let recipients { try db.replaceAlertRecipients(recipients) }
            try db.noteLimits(limits, rules: rules, now: now)
        }
    }

    /// Ends the reservations whose owner let their deadline pass, whatever became of the invocation: one that was only
    /// held is released, one that was sent is posted at its bound, marked estimated. At most 1,000; audited.
    ///
    /// - Returns: how many there were.
    package func expireReservations(now: Timestamp) async throws -> Int {
        try await write(touching: [.invocations, .outcomes]) { db in try db.expireReservations(now: now) }
    }

    /// Puts an invocation that a budget stopped into `waiting`, with what it has so far; it goes on by itself when there
    /// is room.
    package func waitForBudget(
        _ invocation: Invocation, refused: BudgetExceeded, partial: String, now: Timestamp
    ) async throws {
        try await write(touching: [.invocations, .outcomes]) { db in
            try db.waitForBudget(invocation, refused: refused, partial: partial, now: now)
        }
    }

    /// What an invocation that waits for a budget waits for; nil where it does not.
    package func budgetWait(of invocation: InvocationID) async throws -> BudgetWait? {
        try await read { db in try db.budgetWait(of: invocation) }
    }

    /// Puts an invocation that waits for a budget back into the queue, for this worker alone where one is named: it tries
    /// again, and waits again where there is still no room.
    ///
    /// - Returns: the invocation as it is now; nil where there is none.
    package func resumeFromBudget(
        _ invocation: InvocationID, for worker: WorkerID?, actor: String, now: Timestamp
    ) async throws -> Invocation? {
        try await write(touching: [.invocations, .outcomes]) { db in
            try db.resumeFromBudget(invocation, for: worker, actor: actor, now: now)
        }
    }
}

/// What an invocation that a budget stopped waits for.
package struct BudgetWait: Sendable, Hashable {
    package let invocation: InvocationID
    package let since: Timestamp
    package let account: String
    package let period: BudgetPeriod
    /// `resources.tokenBudget.perDay`, `alerts.red`.
    package let setting: String
    /// Tokens, or micro-dollars where `isMoney`.
    package let limit: Int64
    package let used: Int64
    package let reserved: Int64
    package let needed: Int64
    package let isMoney: Bool
    /// When there will be room without anyone's doing; nil where a grant or a higher limit is needed.
    package let freesUpAt: Timestamp?
    /// The alert that keeps it back; `none` where it waits for room.
    package let alert: AlertLevel
    /// What the limit must be at least for the call to go out whole.
    package let enough: Int64

    private var refusal: BudgetExceeded {
        BudgetExceeded(
            account: account, setting: setting, limit: limit, used: used, reserved: reserved, needed: needed,
            enough: enough, isMoney: isMoney, isPriceUnknown: false, period: period,
            relief: freesUpAt.map { .at($0) } ?? .grant, alert: alert)
    }

    /// For people: which account has no room, by which limit, and what helps.
    package var reason: String {
        "room in \(refusal.message)" + (freesUpAt == nil ? "; \(refusal.hint ?? "")" : "")
    }
}

/// The alerts in force, and whom they are about.
package struct AlertLevels: Sendable, Hashable {
    /// By account name; those without an alert are absent.
    package let levels: [String: AlertLevel]

    package init(_ levels: [String: AlertLevel] = [:]) { self.levels = levels.filter { $0.value > .none } }

    /// The highest of an agent, its chapter and the organisation.
    package func level(agent: String, chapter: String?) -> AlertLevel {
        about(agent: agent, chapter: chapter).values.max() ?? .none
    }

    /// The highest alert of those three that keeps work of this priority from starting; nil where none does.
    package func holding(
        _ priority: Priority, agent: String, chapter: String?
    ) -> (account: String, level: AlertLevel)? {
        about(agent: agent, chapter: chapter).filter { !$0.value.admits(priority) }
            .max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }

    private func about(agent: String, chapter: String?) -> [String: AlertLevel] {
        guard !levels.isEmpty else { return [:] }
        // Names of the codex are the same in any case.
        let names = Set(
            (["organization", "agent/\(agent)"] + (chapter.map { ["chapter/\($0)"] } ?? [])).map { $0.lowercased() })
        return levels.filter { names.contains($0.key.lowercased()) }
    }
}
