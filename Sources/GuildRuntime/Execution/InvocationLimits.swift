package import GuildCodex
package import GuildDomain
package import GuildLedger

/// The limits of one invocation: the agent's, the guild's defaults and the built-in ones, with those that a person
/// requested.
package struct InvocationLimits: Sendable {
    /// Tokens of the invocation.
    package let perInvocation: Int64
    /// Micro-dollars of the invocation; nil means no limit.
    package let perInvocationCost: Int64?
    /// The longest active time.
    package let maxActiveDuration: Duration
    /// How long a turn waits for the result of an action.
    package let actionWait: Duration
    /// Tokens of one answer.
    package let replyLimit: Int
    /// The caps on the agent's actions.
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

    /// The accounts of a call, from the invocation's own outwards.
    package func accounts(of invocation: Invocation) -> [AccountLimit] {
        budgets.accounts(of: invocation, agent: agent, budget: budget)
    }
}
