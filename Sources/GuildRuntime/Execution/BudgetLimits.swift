package import GuildCodex
package import GuildDomain
package import GuildLedger

/// The limits that a commit of the codex sets on accounts, and the rules that hold for all of them.
package struct BudgetLimits: Sendable {
    /// The rules for reserving within the limits.
    package let rules: BudgetRules
    private let head: CodexSnapshot

    /// The limits of the accepted head.
    package init(_ head: CodexSnapshot) {
        self.head = head
        let alerts = head.guild.alerts
        rules = BudgetRules(
            zone: head.guild.timezone,
            alerts: AlertThresholds(yellow: alerts.yellow, orange: alerts.orange, red: alerts.red), commit: head.commit)
    }

    /// Every limit except those of an invocation or a root: the ledger records them with a new commit.
    package var standing: [AccountLimit] {
        organization + head.chapters.values.flatMap { chapter($0.name) } + head.agentsByName.flatMap { agent($0) }
    }

    /// The recipients of an alert, by account: for a chapter and its agents the chapter's master, who is a person or an
    /// agent, or else its `notify` target; for the organisation, whose alert affects every chapter, all of those.
    package var alertRecipients: [String: [String]] {
        var recipients: [String: [String]] = [:]
        for chapter in head.chapters.values.sorted(by: { $0.name < $1.name }) {
            guard let recipient = recipient(of: chapter) else { continue }
            recipients["chapter/\(chapter.name)"] = [recipient]
            if recipients["organization"]?.contains(recipient) != true {
                recipients["organization", default: []].append(recipient)
            }
        }
        for agent in head.agentsByName {
            guard let chapter = agent.chapter.flatMap({ head.chapter($0) }) else { continue }
            recipients["agent/\(agent.name)"] = recipients["chapter/\(chapter.name)"]
        }
        return recipients
    }

    private func recipient(of chapter: ChapterManifest) -> String? {
        guard let master = chapter.master else { return chapter.notify }
        let member = chapter.members.first { $0.id.lowercased() == master.lowercased() }
        return member.map { "user:\($0.id)" } ?? "agent/\(head.agent(master)?.name ?? master)"
    }

    /// The accounts of an invocation's call, from its own outwards.
    ///
    /// - Parameter budget: a person's budget from the command line, in place of the agent's own limit.
    package func accounts(of invocation: Invocation, agent manifest: AgentManifest, budget: Int64?) -> [AccountLimit] {
        let own = "invocation/\(invocation.id)"
        let limits = head.limits(of: manifest)
        var accounts = [
            AccountLimit(
                account: own, tokens: budget ?? limits.perInvocation.value,
                setting: budget == nil ? "resources.tokenBudget.perInvocation" : "--budget")
        ]
        if let cost = limits.costPerInvocation.value {
            accounts.append(
                AccountLimit(account: own, tokens: nil, cost: cost, setting: "resources.costBudget.perInvocation"))
        }
        let chapter = invocation.chapter.flatMap { head.chapter($0) }
        if let chapter, let tokens = chapter.tokenBudget.perInvocation {
            accounts.append(
                AccountLimit(
                    account: own, tokens: tokens, setting: "tokenBudget.perInvocation of chapter \(chapter.name)"))
        }
        if let chapter, let cost = chapter.costBudget.perInvocation {
            accounts.append(
                AccountLimit(
                    account: own, tokens: nil, cost: cost,
                    setting: "costBudget.perInvocation of chapter \(chapter.name)"))
        }
        if let cost = head.guild.costBudget.perInvocation {
            accounts.append(
                AccountLimit(account: own, tokens: nil, cost: cost, setting: "costBudget.perInvocation of guild.yaml"))
        }
        let root = head.settings.rootTokens
        accounts.append(
            AccountLimit(account: "root/\(invocation.root)", tokens: root.value, setting: "root_tokens"))
        accounts += agent(manifest)
        if let name = invocation.chapter { accounts += self.chapter(name) }
        return accounts + organization
    }

    private func agent(_ manifest: AgentManifest) -> [AccountLimit] {
        let limits = head.limits(of: manifest)
        let tokens = TokenBudget(
            perMinute: limits.perMinute.value, perHour: limits.perHour.value, perDay: limits.perDay.value,
            perMonth: limits.perMonth.value)
        let costs = CostBudget(
            perMinute: limits.costPerMinute.value, perHour: limits.costPerHour.value, perDay: limits.costPerDay.value,
            perMonth: limits.costPerMonth.value)
        return periods("agent/\(manifest.name)", tokens, costs, in: "resources.")
    }

    /// A chapter that the codex does not have is counted all the same.
    private func chapter(_ name: String) -> [AccountLimit] {
        let manifest = head.chapter(name)
        return periods(
            "chapter/\(manifest?.name ?? name)", manifest?.tokenBudget ?? TokenBudget(),
            manifest?.costBudget ?? CostBudget(), in: "")
    }

    private var organization: [AccountLimit] {
        let pool = head.guild.manaPool
        let kept = head.guild.reserve
        var limits = periods("organization", TokenBudget(), head.guild.costBudget, in: "")
        for (period, tokens, kept) in [
            (BudgetPeriod.day, pool.perDay, kept.perDay), (.month, pool.perMonth, kept.perMonth),
        ] {
            guard let tokens else { continue }
            limits.append(
                AccountLimit(
                    account: "organization", period: period, tokens: tokens, kept: kept ?? 0,
                    setting: "manaPool.\(period.rawValue)"))
        }
        return limits
    }

    /// One limit for each limited period and measure, so that a refusal names the setting; otherwise one that only
    /// counts.
    private func periods(
        _ account: String, _ tokens: TokenBudget, _ costs: CostBudget, in place: String
    ) -> [AccountLimit] {
        let all: [(BudgetPeriod, Int64?, Int64?)] = [
            (.minute, tokens.perMinute, costs.perMinute), (.hour, tokens.perHour, costs.perHour),
            (.day, tokens.perDay, costs.perDay), (.month, tokens.perMonth, costs.perMonth),
        ]
        var limits: [AccountLimit] = []
        for (period, tokens, cost) in all {
            if let tokens {
                limits.append(
                    AccountLimit(
                        account: account, period: period, tokens: tokens,
                        setting: "\(place)tokenBudget.\(period.rawValue)"))
            }
            if let cost {
                limits.append(
                    AccountLimit(
                        account: account, period: period, tokens: nil, cost: cost,
                        setting: "\(place)costBudget.\(period.rawValue)"))
            }
        }
        return limits.isEmpty ? [AccountLimit(counting: account)] : limits
    }
}
