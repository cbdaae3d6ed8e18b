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

    package let account: String
    /// Since the ledger was made; nil where the account has never been used.
    package let total: AccountStanding?
    /// The running day and month, where a limit is set on them.
    package let standings: [BudgetReport.Standing]
    package let limits: [Limit]
}

extension AccountReport {
    private enum Name {
        case organization
        case agent(String)
        case chapter(String)
        case invocation(InvocationID)
    }

    /// - Parameters:
    ///   - account: `organization`, `agent/NAME`, `chapter/NAME` or `invocation/ID`.
    ///   - ledger: nil where there is none yet.
    /// - Throws: `Failure` of kind `usage` for an account that there is not, with the nearest name.
    package static func make(
        _ account: String, in snapshot: CodexSnapshot, ledger: Ledger?, now: Timestamp
    ) async throws -> AccountReport {
        let calendar = BudgetCalendar(Zones.named(snapshot.guild.timezone) ?? .gmt)
        let books = try await BudgetBooks(snapshot: snapshot, calendar: calendar, ledger: ledger, now: now)
        let (name, standings, limits): (String, [BudgetReport.Standing], [Limit])
        switch try parse(account) {
        case .organization: (name, standings, limits) = ("organization", books.poolStandings, poolLimits(snapshot))
        case .agent(let wanted):
            let agent = snapshot.agent(wanted)
            name = "agent/\(agent?.name ?? wanted)"
            guard let agent else {
                // An agent that has left the codex still has its account.
                guard let total = try await ledger?.account(name) else {
                    throw HostedRun.unknownAgent(wanted, in: snapshot)
                }
                return AccountReport(account: name, total: total, standings: [], limits: [])
            }
            (standings, limits) = (books.standings(agent: agent.name), Self.limits(of: agent, in: snapshot))
        case .chapter(let wanted):
            guard let chapter = snapshot.chapter(wanted) else { throw unknownChapter(wanted, in: snapshot) }
            name = "chapter/\(chapter.name)"
            (standings, limits) = (books.standings(chapter: chapter.name), Self.limits(of: chapter))
        case .invocation(let id):
            guard let invocation = try await ledger?.invocation(id) else {
                throw Failure(
                    .usage, "there is no invocation '\(id)'", hint: "`guild audit log --kind 'invocation.*'` lists them"
                )
            }
            name = "invocation/\(id)"
            let agent = snapshot.agent(invocation.agent)
            standings = []
            limits =
                agent.map { Self.limits(of: $0, in: snapshot) }?.filter { $0.name.hasSuffix(".perInvocation") } ?? []
        }
        return AccountReport(
            account: name, total: try await ledger?.account(name), standings: standings, limits: limits)
    }

    private static func parse(_ account: String) throws(Failure) -> Name {
        let parts = account.split(separator: "/", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("organization", 1): return .organization
        case ("agent", 2): return .agent(parts[1])
        case ("chapter", 2): return .chapter(parts[1])
        case ("invocation", 2): if let id = InvocationID(parts[1]) { return .invocation(id) }
        default: break
        }
        throw Failure(
            .usage, "'\(account)' is not an account",
            hint: "write organization, agent/NAME, chapter/NAME or invocation/ID")
    }

    private static func unknownChapter(_ name: String, in snapshot: CodexSnapshot) -> Failure {
        let names = snapshot.chapters.values.map(\.name).sorted()
        return Failure(
            .usage, "there is no chapter '\(name)'",
            hint: NearestName.of(name, in: names).map { "did you mean '\($0)'?" }
                ?? (names.isEmpty ? "this codex has none" : "the chapters are \(names.joined(separator: ", "))"))
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
