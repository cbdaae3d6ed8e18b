package import GuildCodex
package import GuildDomain

/// An account's limits on a day and a month that the codex sets, without grants.
package struct CalendarLimits: Sendable, Hashable {
    /// As the ledger names it.
    package let account: String
    /// Tokens in a calendar day.
    package let tokensPerDay: Int64?
    /// Tokens in a calendar month.
    package let tokensPerMonth: Int64?
    /// Micro-dollars, as the next.
    package let costPerDay: Int64?
    /// Micro-dollars in a calendar month.
    package let costPerMonth: Int64?

    /// The limit for a period and unit; nil if there is none.
    package subscript(period: BudgetCalendar.Period, unit: BudgetStanding.Unit) -> Int64? {
        switch (period, unit) {
        case (.day, .tokens): tokensPerDay
        case (.month, .tokens): tokensPerMonth
        case (.day, .microdollars): costPerDay
        case (.month, .microdollars): costPerMonth
        }
    }

    /// - Returns: nil for an account that the codex sets no calendar limit on.
    package static func of(_ account: AccountName, in snapshot: CodexSnapshot) -> CalendarLimits? {
        switch account {
        case .organization: organization(in: snapshot)
        case .chapter(let name): snapshot.chapter(name).map(chapter)
        case .agent(let name): snapshot.agent(name).map { agent($0, in: snapshot) }
        case .root, .invocation, .swarm: nil
        }
    }

    /// The organisation's limits.
    package static func organization(in snapshot: CodexSnapshot) -> CalendarLimits {
        let guild = snapshot.guild
        return CalendarLimits(
            account: "organization", tokensPerDay: guild.manaPool.perDay, tokensPerMonth: guild.manaPool.perMonth,
            costPerDay: guild.costBudget.perDay, costPerMonth: guild.costBudget.perMonth)
    }

    /// A chapter's limits.
    package static func chapter(_ chapter: ChapterManifest) -> CalendarLimits {
        CalendarLimits(
            account: "chapter/\(chapter.name)", tokensPerDay: chapter.tokenBudget.perDay,
            tokensPerMonth: chapter.tokenBudget.perMonth, costPerDay: chapter.costBudget.perDay,
            costPerMonth: chapter.costBudget.perMonth)
    }

    /// An agent's limits.
    package static func agent(_ agent: AgentManifest, in snapshot: CodexSnapshot) -> CalendarLimits {
        let limits = snapshot.limits(of: agent)
        return CalendarLimits(
            account: "agent/\(agent.name)", tokensPerDay: limits.perDay.value, tokensPerMonth: limits.perMonth.value,
            costPerDay: limits.costPerDay.value, costPerMonth: limits.costPerMonth.value)
    }
}
