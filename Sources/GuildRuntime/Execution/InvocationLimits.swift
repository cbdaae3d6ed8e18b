package import GuildCodex
package import GuildDomain
package import GuildLedger

/// The limits of one invocation: the agent's, the guild's defaults and the built-in ones, with what a person asked for.
package struct InvocationLimits: Sendable {
    package let perInvocation: Int64
    package let perInvocationCost: Int64?
    package let maxActiveDuration: Duration
    package let actionWait: Duration
    /// Tokens of one answer.
    package let replyLimit: Int
    private let agent: AgentManifest
    private let setting: String

    package init(agent: AgentManifest, options: RunOptions, in head: CodexSnapshot, model: ChosenModel) {
        let limits = head.limits(of: agent)
        self.agent = agent
        perInvocation = options.budget ?? limits.perInvocation.value
        perInvocationCost = limits.costPerInvocation.value
        setting = options.budget == nil ? "resources.tokenBudget.perInvocation" : "--budget"
        maxActiveDuration = limits.maxActiveDuration.value
        actionWait = head.settings.actionWait.value
        replyLimit = Int(clamping: model.entry.maxOutputTokens ?? head.settings.replyLimit.value)
    }

    /// What a call counts against, from the invocation's own account outwards.
    package func accounts(of invocation: Invocation) -> [AccountLimit] {
        var accounts = [
            AccountLimit(
                account: "invocation/\(invocation.id)", tokens: perInvocation, cost: perInvocationCost, setting: setting
            ),
            AccountLimit(account: "agent/\(invocation.agent)", tokens: nil, setting: ""),
        ]
        if let chapter = invocation.chapter {
            accounts.append(AccountLimit(account: "chapter/\(chapter)", tokens: nil, setting: ""))
        }
        accounts.append(AccountLimit(account: "organization", tokens: nil, setting: ""))
        return accounts
    }
}
