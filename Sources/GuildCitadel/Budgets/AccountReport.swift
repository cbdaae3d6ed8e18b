import Foundation
package import GuildCodex
package import GuildDomain
package import GuildLedger

/// One account of the books: its limits and where they come from, and what was used and is held.
package struct AccountReport: Sendable {
    package enum Amount: Sendable, Hashable {
        case tokens(Int64)
        case microdollars(Int64)
    }

    package struct Limit: Sendable, Hashable {
        /// As the manifest calls it: `tokenBudget.perDay`.
        package let name: String
        package let amount: Amount
        package let origin: String
    }

    package let account: AccountName
    /// Since the ledger was made; nil where the account has never been used.
    package let total: AccountStanding?
    /// The running day and month, where a limit is set on them.
    package let standings: [BudgetStanding]
    package let limits: [Limit]
}

extension AccountReport {
    /// - Parameters:
    ///   - account: `organization`, `chapter/NAME`, `agent/NAME`, `root/ID` or `invocation/ID`, or a bare name.
    ///   - ledger: nil where there is none yet.
    /// - Throws: `Failure` of kind `usage` for an account that there is not, with the nearest name.
    package static func make(
        _ account: String, in snapshot: CodexSnapshot, ledger: Ledger?, now: Timestamp
    ) async throws -> AccountReport {
        let calendar = BudgetCalendar(Zones.named(snapshot.guild.timezone) ?? .gmt)
        let name = try await AccountName.find(account, in: snapshot, ledger: ledger)
        let books = try await BudgetBooks(snapshot: snapshot, calendar: calendar, ledger: ledger, now: now)
        return AccountReport(
            account: name, total: try await ledger?.account(name.description),
            standings: CalendarLimits.of(name, in: snapshot).map { books.standings($0) } ?? [],
            limits: try await limits(of: name, in: snapshot, ledger: ledger))
    }

    private static func limits(
        of name: AccountName, in snapshot: CodexSnapshot, ledger: Ledger?
    ) async throws -> [Limit] {
        switch name {
        case .organization: return poolLimits(snapshot)
        case .agent(let name): return snapshot.agent(name).map { limits(of: $0, in: snapshot) } ?? []
        case .chapter(let name): return snapshot.chapter(name).map(limits(of:)) ?? []
        case .root:
            let tokens = snapshot.settings.rootTokens
            return [Limit(name: "rootTokens", amount: .tokens(tokens.value), origin: tokens.origin.description)]
        case .invocation(let id):
            let agent = try await ledger?.invocation(id).flatMap { snapshot.agent($0.agent) }
            return agent.map { limits(of: $0, in: snapshot) }?.filter { $0.name.hasSuffix(".perInvocation") } ?? []
        }
    }

    // MARK: Limits

    /// Every limit on an agent's tokens and money that is in force.
    package static func limits(of agent: AgentManifest, in snapshot: CodexSnapshot) -> [Limit] {
        let limits = snapshot.limits(of: agent)
        let tokens: [(String, GuildCodex.Limit<Int64?>)] = [
            ("perInvocation", GuildCodex.Limit(limits.perInvocation.value, limits.perInvocation.origin)),
            ("perMinute", limits.perMinute), ("perHour", limits.perHour), ("perDay", limits.perDay),
            ("perMonth", limits.perMonth),
        ]
        let costs: [(String, GuildCodex.Limit<Int64?>)] = [
            ("perInvocation", limits.costPerInvocation), ("perMinute", limits.costPerMinute),
            ("perHour", limits.costPerHour), ("perDay", limits.costPerDay), ("perMonth", limits.costPerMonth),
        ]
        return tokens.compactMap { name, limit in
            limit.value.map {
                Limit(name: "tokenBudget.\(name)", amount: .tokens($0), origin: limit.origin.description)
            }
        }
            + costs.compactMap { name, limit in
                limit.value.map {
                    Limit(name: "costBudget.\(name)", amount: .microdollars($0), origin: limit.origin.description)
                }
            }
    }

    private static func limits(of chapter: ChapterManifest) -> [Limit] {
        written(chapter.tokenBudget, chapter.costBudget, at: chapter.location)
    }

    private static func poolLimits(_ snapshot: CodexSnapshot) -> [Limit] {
        let guild = snapshot.guild
        let pool = [("manaPool.perDay", guild.manaPool.perDay), ("manaPool.perMonth", guild.manaPool.perMonth)]
        return pool.compactMap { name, value in
            value.map { Limit(name: name, amount: .tokens($0), origin: guild.location.description) }
        } + written(TokenBudget(), guild.costBudget, at: guild.location)
    }

    private static func written(
        _ tokens: TokenBudget, _ costs: CostBudget, at location: SourceLocation
    ) -> [Limit] {
        let counts = [
            ("perInvocation", tokens.perInvocation), ("perMinute", tokens.perMinute), ("perHour", tokens.perHour),
            ("perDay", tokens.perDay), ("perMonth", tokens.perMonth),
        ]
        let money = [
            ("perInvocation", costs.perInvocation), ("perMinute", costs.perMinute), ("perHour", costs.perHour),
            ("perDay", costs.perDay), ("perMonth", costs.perMonth),
        ]
        return counts.compactMap { name, value in
            value.map { Limit(name: "tokenBudget.\(name)", amount: .tokens($0), origin: location.description) }
        }
            + money.compactMap { name, value in
                value.map { Limit(name: "costBudget.\(name)", amount: .microdollars($0), origin: location.description) }
            }
    }
}
