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
    /// On what the agent does before a person is asked.
    package let caps: ActionCaps
    private let agent: AgentManifest
    private let budget: Int64?
    private let budgets: BudgetLimits

    package init(agent: AgentManifest, options: RunOptions, in head: CodexSnapshot, model: ChosenModel) {
        let limits = head.limits(of: agent)
        self.agent = agent
        perInvocation = options.budget ?? limits.perInvocation.value
        perInvocationCost = limits.costPerInvocation.value
        budget = options.budget
        caps = head.actionCaps(of: agent)
        budgets = BudgetLimits(head)
        maxActiveDuration = limits.maxActiveDuration.value
        actionWait = head.settings.actionWait.value
        replyLimit = Int(clamping: model.entry.maxOutputTokens ?? head.settings.replyLimit.value)
    }

    /// The rules of the organisation's budgets.
    package var rules: BudgetRules { budgets.rules }

    /// What a call counts against, from the invocation's own account outwards.
    package func accounts(of invocation: Invocation) -> [AccountLimit] {
        budgets.accounts(of: invocation, agent: agent, budget: budget)
    }
}
