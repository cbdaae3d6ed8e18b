import Foundation
import GuildCodex
package import GuildDomain
package import GuildLedger
import GuildRuntime

/// One account: its limits and their sources, its usage and reservations, and the operators' changes.
package struct AccountReport: Sendable {
    /// The value of a limit, in its unit.
    package enum Amount: Sendable, Hashable {
        case tokens(Int64)
        case microdollars(Int64)

        /// The unit of the value.
        package var unit: BudgetStanding.Unit { if case .tokens = self { .tokens } else { .microdollars } }
        /// The value as a number.
        package var value: Int64 {
            switch self {
            case .tokens(let count), .microdollars(let count): count
            }
        }
    }

    /// A limit that the codex sets.
    package struct Limit: Sendable, Hashable {
        /// As the manifest calls it: `tokenBudget.perDay`.
        package let name: String
        /// The value that the codex sets.
        package let amount: Amount
        /// The file and line that set it.
        package let origin: String

        package init(name: String, amount: Amount, origin: String) {
            self.name = name
            self.amount = amount
            self.origin = origin
        }

        var period: BudgetPeriod {
            name.split(separator: ".").last.flatMap { BudgetPeriod(rawValue: String($0)) } ?? .perInvocation
        }
    }

    /// A limit and its current state.
    package struct Row: Sendable, Hashable {
        /// The limit as the codex sets it.
        package let limit: Limit
        /// The span to which it applies.
        package let period: BudgetPeriod
        /// With grants and throttles.
        package let inForce: Int64
        /// The sum of the grants in force.
        package let granted: Int64
        /// Nil for a limit that counts by invocation, on an account that is not one.
        package let used: Int64?
        /// The amount held by calls in progress.
        package let reserved: Int64?
        /// When room becomes free.
        package let relief: BudgetRelief
        /// The alert that the usage has reached.
        package let level: AlertLevel

        /// The unit of all amounts.
        package var unit: BudgetStanding.Unit { limit.amount.unit }
        /// The amount that is left; nil if the usage is unknown.
        package var remaining: Int64? {
            used.map { max(0, inForce.subtractingSaturated($0).subtractingSaturated(reserved ?? 0)) }
        }
    }

    /// Entries that are shown.
    package static let entryLimit = 10

    /// The account.
    package let account: AccountName
    /// Nil if the account has never been used.
    package let total: AccountStanding?
    /// The current day and month, if they have limits.
    package let standings: [BudgetStanding]
    /// The limits in force.
    package let rows: [Row]
    /// Limits of a commit that is not accepted, if they differ from those in force; a nil limit is removed.
    package let drafts: [(name: String, limit: Limit?)]
    /// The grants in force.
    package let grants: [Grant]
    /// The throttles in force.
    package let throttles: [Throttle]
    /// The newest first.
    package let entries: [BookEntry]
    /// The recipients of its alerts; empty for a root and an invocation, which have none.
    package let recipients: [String]
}

extension AccountReport {
    /// - Parameters: - account: `organization`, `chapter/NAME`, `agent/NAME`, `root/ID` or `invocation/ID`, or a bare
    ///   name. - ledger: nil if there is none yet.
    /// - Throws: `Failure` of kind `usage` for an account that there is not, with the nearest name.
    package static func make(
        _ account: String, in obeyed: ObeyedCodex, ledger: AccountLedgers?, now: Timestamp
    ) async throws -> AccountReport {
        let snapshot = obeyed.snapshot
        let calendar = BudgetCalendar(Zones.named(snapshot.guild.timezone) ?? .gmt)
        let name = try await find(account, in: obeyed, ledger)
        let books = try await BudgetBooks(
            snapshot: snapshot, calendar: calendar, budgets: ledger?.budgets, reports: ledger?.reports, now: now)
        let standing = try await ledger?.budgets.standing(of: name, now: now)
        let limits = try await limits(of: name, in: snapshot, ledger: ledger)
        return AccountReport(
            account: name, total: standing,
            standings: CalendarLimits.of(name, in: snapshot).map { books.standings($0) } ?? [],
            rows: rows(limits, standing, isCountedWhole: !name.hasWindows),
            drafts: try await drafts(of: name, in: obeyed, ledger, beside: limits),
            grants: try await ledger?.budgets.grants(of: name, now: now) ?? [],
            throttles: try await ledger?.budgets.throttles(of: name, now: now) ?? [],
            entries: try await ledger?.budgets.entries(of: name, limit: entryLimit) ?? [],
            recipients: recipients(of: name, in: snapshot))
    }

    /// An account of the accepted commit, or of one that is not accepted yet.
    private static func find(
        _ text: String, in obeyed: ObeyedCodex, _ ledger: AccountLedgers?
    ) async throws -> AccountName {
        do {
            return try await AccountName.find(text, in: obeyed.snapshot, ledger: ledger)
        } catch {
            guard let draft = obeyed.draft else { throw error }
            return try await AccountName.find(text, in: draft, ledger: ledger)
        }
    }

    private static func drafts(
        of name: AccountName, in obeyed: ObeyedCodex, _ ledger: AccountLedgers?, beside limits: [Limit]
    ) async throws -> [(name: String, limit: Limit?)] {
        guard let draft = obeyed.draft else { return [] }
        let others = try await self.limits(of: name, in: draft, ledger: ledger)
        let changed = others.filter { other in
            !limits.contains { $0.name == other.name && $0.amount == other.amount }
        }
        let gone = limits.filter { limit in !others.contains { $0.name == limit.name } }
        return changed.map { ($0.name, $0) } + gone.map { ($0.name, nil) }
    }

    private static func recipients(of name: AccountName, in snapshot: CodexSnapshot) -> [String] {
        guard name.hasWindows else { return [] }
        return BudgetLimits(snapshot).alertRecipients[name.description] ?? [name.description]
    }

    /// Each limit of the codex with its current state, then limits that only a throttle sets.
    static func rows(_ limits: [Limit], _ standing: AccountStanding?, isCountedWhole: Bool) -> [Row] {
        let known = limits.map { limit in
            let period = standing?.period(limit.period)
            let amount = limit.amount.unit == .tokens ? period?.tokens : period?.cost
            let isCounted = limit.period != .perInvocation || isCountedWhole
            // An invocation may have its own budget; everything else follows the current codex.
            let base = isCountedWhole ? amount?.base ?? limit.amount.value : limit.amount.value
            return Row(
                limit: limit, period: limit.period,
                inForce: BudgetStanding.inForce(
                    base, granted: amount?.granted ?? 0, throttle: period?.throttle, unit: limit.amount.unit),
                granted: amount?.granted ?? 0, used: isCounted ? amount?.used ?? 0 : nil,
                reserved: isCounted ? amount?.reserved ?? 0 : nil, relief: period?.relief ?? .now,
                level: period?.level ?? .none)
        }
        let named = Set(limits.filter { $0.amount.unit == .tokens }.map(\.period))
        let thrown = (standing?.periods ?? []).compactMap { period -> Row? in
            guard !named.contains(period.period), period.throttle != nil, let limit = period.tokens.limit else {
                return nil
            }
            return Row(
                limit: Limit(name: "throttle", amount: .tokens(limit), origin: period.throttle?.actor ?? ""),
                period: period.period, inForce: limit, granted: 0, used: period.tokens.used,
                reserved: period.tokens.reserved, relief: period.relief, level: period.level)
        }
        return known + thrown
    }

    private static func limits(
        of name: AccountName, in snapshot: CodexSnapshot, ledger: AccountLedgers?
    ) async throws -> [Limit] {
        switch name {
        case .organization: return poolLimits(snapshot)
        case .agent(let name): return snapshot.agent(name).map { limits(of: $0, in: snapshot) } ?? []
        case .chapter(let name): return snapshot.chapter(name).map(limits(of:)) ?? []
        case .swarm: return []
        case .root:
            let tokens = snapshot.settings.rootTokens
            return [Limit(name: "rootTokens", amount: .tokens(tokens.value), origin: tokens.origin.description)]
        case .invocation(let id):
            let agent = try await ledger?.invocations.find(id).flatMap { snapshot.agent($0.agent) }
            return agent.map { limits(of: $0, in: snapshot) }?.filter { $0.name.hasSuffix(".perInvocation") } ?? []
        }
    }

    // MARK: Limits

    private static func limits(of agent: AgentManifest, in snapshot: CodexSnapshot) -> [Limit] {
        snapshot.spendingLimits(of: agent).map { limit in
            let amount: Amount = limit.unit == .tokens ? .tokens(limit.value) : .microdollars(limit.value)
            return Limit(name: limit.name, amount: amount, origin: limit.origin)
        }
    }

    private static func limits(of chapter: ChapterManifest) -> [Limit] {
        written(chapter.tokenBudget, chapter.costBudget) { chapter.locations[$0] ?? chapter.location }
    }

    private static func poolLimits(_ snapshot: CodexSnapshot) -> [Limit] {
        let guild = snapshot.guild
        let pool = [("manaPool.perDay", guild.manaPool.perDay), ("manaPool.perMonth", guild.manaPool.perMonth)]
        func place(_ name: String) -> SourceLocation { guild.locations[name] ?? guild.location }
        return pool.compactMap { name, value in
            value.map { Limit(name: name, amount: .tokens($0), origin: place(name).description) }
        } + written(TokenBudget(), guild.costBudget, at: place)
    }

    /// - Parameter place: where a limit is written, by its name.
    private static func written(
        _ tokens: TokenBudget, _ costs: CostBudget, at place: (String) -> SourceLocation
    ) -> [Limit] {
        let counts = [
            ("perInvocation", tokens.perInvocation), ("perMinute", tokens.perMinute), ("perHour", tokens.perHour),
            ("perDay", tokens.perDay), ("perMonth", tokens.perMonth),
        ].map { ("tokenBudget.\($0)", $1.map(Amount.tokens)) }
        let money = [
            ("perInvocation", costs.perInvocation), ("perMinute", costs.perMinute), ("perHour", costs.perHour),
            ("perDay", costs.perDay), ("perMonth", costs.perMonth),
        ].map { ("costBudget.\($0)", $1.map(Amount.microdollars)) }
        return (counts + money).compactMap { name, amount in
            amount.map { Limit(name: name, amount: $0, origin: place(name).description) }
        }
    }
}
