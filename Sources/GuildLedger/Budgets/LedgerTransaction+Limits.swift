import Foundation
import GuildDomain

/// What people changed of an account's limits, as far as it is in force.
struct BudgetAdjustments: Sendable {
    var grants: [Grant] = []
    var throttles: [Throttle] = []

    func granted(_ period: BudgetPeriod) -> Spending {
        grants.reduce(into: Spending()) { sum, grant in
            if grant.period == period { sum += Spending(tokens: grant.tokens, cost: grant.cost) }
        }
    }

    /// The limits in force: those of the codex and what was granted, lowered by what was throttled.
    func applied(to limits: [AccountLimit]) -> [AccountLimit] {
        guard !grants.isEmpty || !throttles.isEmpty else { return limits }
        var applied = limits.map { limit in
            var limit = limit
            let granted = granted(limit.period)
            limit.tokens = limit.tokens?.addingSaturated(granted.tokens)
            limit.cost = limit.cost?.addingSaturated(granted.cost)
            for throttle in throttles where throttle.period == nil || throttle.period == limit.period {
                guard case .permille(let permille) = throttle.measure, limit.isLimit else { continue }
                limit.tokens = limit.tokens.map { Self.share($0, permille) }
                limit.cost = limit.cost.map { Self.share($0, permille) }
                limit.kept = Self.share(limit.kept, permille)
                limit.setting += ", throttled by \(throttle.actor)"
            }
            return limit
        }
        guard let account = limits.first?.account else { return applied }
        for throttle in throttles {
            guard case .tokens(let tokens) = throttle.measure, let period = throttle.period else { continue }
            applied.append(
                AccountLimit(
                    account: account, period: period, tokens: tokens,
                    setting: "the throttle of \(throttle.actor) (\(period.rawValue))"))
        }
        return applied
    }

    private static func share(_ amount: Int64, _ permille: Int64) -> Int64 {
        Int64(clamping: Int128(amount) * Int128(permille) / 1000)
    }
}

extension LedgerTransaction {
    /// What people changed of an account; nothing is read where nothing can be in force.
    func adjustments(of row: AccountRow, at now: Timestamp) throws -> BudgetAdjustments {
        guard now < row.adjustedUntil else { return BudgetAdjustments() }
        return BudgetAdjustments(
            grants: try activeGrants(of: row.name, now: now), throttles: try activeThrottles(of: row.name, now: now))
    }

    /// The limits in force on an account, from those of the codex as last seen.
    func limits(of row: AccountRow, at now: Timestamp) throws -> [AccountLimit] {
        try adjustments(of: row, at: now).applied(to: try codexLimits(of: row))
    }

    /// The codex's limits as last seen; at least one element, which may limit nothing.
    func codexLimits(of row: AccountRow) throws -> [AccountLimit] {
        guard row.limitsDigest != nil else { return [AccountLimit(counting: row.name)] }
        let text = try value("SELECT limits FROM accounts WHERE id = ?", [row.id], as: String.self)
        return try LimitsText.limits(text, of: row.name)
    }

    /// Records the limits that a plan or a commit has for an account, where they are others than those last seen.
    ///
    /// - Returns: whether they are.
    @discardableResult
    func note(
        _ limits: [AccountLimit], of row: inout AccountRow, commit: String, clock: BudgetClock, now: Timestamp
    ) throws -> Bool {
        let digest = LimitsText.digest(of: limits)
        guard digest != row.limitsDigest ?? LimitsText.emptyDigest else { return false }
        let isFirst = row.limitsDigest == nil
        let old = isFirst ? nil : try codexLimits(of: row)
        let text = LimitsText.text(of: limits)
        try run("UPDATE accounts SET limits_digest = ?, limits = ? WHERE id = ?", [digest, text, row.id])
        row.limitsDigest = digest
        // A root's and an invocation's first limits are no change of anything.
        guard row.hasWindows || !isFirst || !row.used.isZero || !row.reserved.isZero else { return true }
        try run(
            "INSERT INTO limit_changes (at, entry, account, commit_id, old, new) VALUES (?, ?, ?, ?, ?, ?)",
            [clock.now, clock.entry, row.id, commit, old.map { LimitsText.text(of: $0) }, text])
        try appendAudit(
            AuditEntry(
                at: now, actor: "executor", kind: .budgetLimitChanged, subject: row.name,
                commit: commit.isEmpty ? nil : commit,
                body: ["old": old.map { LimitsText.json(of: $0) } ?? .null, "new": LimitsText.json(of: limits)]))
        return true
    }

    /// What a refused plan says of the accounts that there are, and of the one that refused it: a limit is recorded though
    /// nothing was reserved, so that whoever waits for room is measured by it.
    func noteKnown(_ plan: TurnPlan, refusedBy account: String, now: Timestamp) throws {
        let clock = try budgetClock(now, adopting: plan.rules)
        for (name, limits) in Dictionary(grouping: plan.accounts, by: \.account).sorted(by: { $0.key < $1.key }) {
            let known = try accountRow(named: name)
            guard var row = try known ?? (name == account ? makeAccount(named: name) : nil) else { continue }
            try note(limits, of: &row, commit: plan.rules.commit, clock: clock, now: now)
            try reckonAlerts(of: &row, clock: clock, now: now)
        }
    }

    /// What a commit says, before any plan follows it.
    func noteLimits(_ limits: [AccountLimit], rules: BudgetRules, now: Timestamp) throws {
        let clock = try budgetClock(now, adopting: rules)
        for (name, limits) in Dictionary(grouping: limits, by: \.account).sorted(by: { $0.key < $1.key }) {
            let known = try accountRow(named: name)
            guard known != nil || limits.contains(where: \.isLimit) else { continue }
            var row = try known ?? account(named: name)
            guard try note(limits, of: &row, commit: rules.commit, clock: clock, now: now) else { continue }
            try reckonAlerts(of: &row, clock: clock, now: now)
            if clock.hasWaits { _ = try wakeWaiters(on: row, clock: clock, now: now) }
        }
    }
}

/// The limits of one account as a row keeps them: JSON, and a digest that tells two apart.
enum LimitsText {
    static let emptyDigest: Int64 = 0

    /// FNV-1a over the figures; 0 where nothing is limited.
    static func digest(of limits: [AccountLimit]) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ value: Int64) {
            hash = (hash ^ UInt64(bitPattern: value)) &* 0x0000_0100_0000_01b3
            hash ^= hash >> 29
        }
        var isEmpty = true
        for limit in limits where limit.isLimit {
            isEmpty = false
            mix(Int64(BudgetPeriod.allCases.firstIndex(of: limit.period) ?? 0))
            mix(limit.tokens ?? -1)
            mix(limit.cost ?? -1)
            mix(limit.kept)
        }
        return isEmpty ? emptyDigest : max(1, Int64(bitPattern: hash >> 1))
    }

    static func json(of limits: [AccountLimit]) -> JSONValue {
        .array(
            limits.filter(\.isLimit).map { limit in
                [
                    "period": .string(limit.period.rawValue),
                    "tokens": limit.tokens.map { .integer($0) } ?? .null,
                    "cost": limit.cost.map { .integer($0) } ?? .null, "kept": .integer(limit.kept),
                    "setting": .string(limit.setting),
                ]
            })
    }

    static func text(of limits: [AccountLimit]) -> String { json(of: limits).text() }

    /// - Returns: at least one element, which may limit nothing.
    /// - Throws: `RowFault` for what `text(of:)` has not written.
    static func limits(_ text: String?, of account: String) throws -> [AccountLimit] {
        guard let text else { return [AccountLimit(counting: account)] }
        let fault = RowFault(
            column: "limits", found: "other than limits for \(account)", sql: "SELECT limits FROM accounts")
        // Any reason is the same to whoever reads.
        guard let values = (try? JSONParser.parse(text))?.array else { throw fault }
        let limits = try values.map { value in
            guard let period = value["period"]?.string.flatMap(BudgetPeriod.init(rawValue:)) else { throw fault }
            return AccountLimit(
                account: account, period: period, tokens: value["tokens"]?.integer, cost: value["cost"]?.integer,
                kept: value["kept"]?.integer ?? 0, setting: value["setting"]?.string ?? "")
        }
        return limits.isEmpty ? [AccountLimit(counting: account)] : limits
    }
}
