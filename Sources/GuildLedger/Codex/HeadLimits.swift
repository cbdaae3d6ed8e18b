import GuildDomain

/// The parts of a commit that outlive a run: limits, the rules for counting them, and the recipients of alerts.
package struct HeadLimits: Sendable {
    package let limits: [AccountLimit]
    package let rules: BudgetRules
    package let recipients: [String: [String]]

    package init(limits: [AccountLimit], rules: BudgetRules, recipients: [String: [String]]) {
        self.limits = limits
        self.rules = rules
        self.recipients = recipients
    }
}
