/// Limits on tokens; nil means no limit here.
package struct TokenBudget: Sendable, Hashable {
    /// Tokens of one invocation.
    package var perInvocation: Int64?
    /// Tokens in a sliding minute.
    package var perMinute: Int64?
    /// Tokens in a sliding hour.
    package var perHour: Int64?
    /// Tokens in a calendar day.
    package var perDay: Int64?
    /// Tokens in a calendar month.
    package var perMonth: Int64?

    package init(
        perInvocation: Int64? = nil, perMinute: Int64? = nil, perHour: Int64? = nil, perDay: Int64? = nil,
        perMonth: Int64? = nil
    ) {
        self.perInvocation = perInvocation
        self.perMinute = perMinute
        self.perHour = perHour
        self.perDay = perDay
        self.perMonth = perMonth
    }
}

/// Limits on money in micro-dollars (10⁻⁶ US dollars); nil means no limit here.
package struct CostBudget: Sendable, Hashable {
    /// Money for one invocation.
    package var perInvocation: Int64?
    /// Money in a sliding minute.
    package var perMinute: Int64?
    /// Money in a sliding hour.
    package var perHour: Int64?
    /// Money in a calendar day.
    package var perDay: Int64?
    /// Money in a calendar month.
    package var perMonth: Int64?

    package init(
        perInvocation: Int64? = nil, perMinute: Int64? = nil, perHour: Int64? = nil, perDay: Int64? = nil,
        perMonth: Int64? = nil
    ) {
        self.perInvocation = perInvocation
        self.perMinute = perMinute
        self.perHour = perHour
        self.perDay = perDay
        self.perMonth = perMonth
    }
}

/// An Agent's `spec.resources`, as written: nil for unset values. `CodexSnapshot.limits(of:)` returns the limits in
/// force.
package struct ResourceLimits: Sendable, Hashable {
    /// Limits on tokens.
    package var tokenBudget = TokenBudget()
    /// Limits on money.
    package var costBudget = CostBudget()
    /// Tokens.
    package var contextWindow: Int64?
    /// The longest time that a run may be active.
    package var maxActiveDuration: Duration?
    /// The most runs of the agent at a time.
    package var maxConcurrent: Int?
    /// The caps on the agent's actions.
    package var actions = ActionLimits()
    /// Where each value was written, by its key: `tokenBudget.perInvocation`.
    package var locations: [String: SourceLocation] = [:]

    package init() {}
}
