/// Limits on tokens; nil means no limit here.
package struct TokenBudget: Sendable, Hashable {
    package var perInvocation: Int64?
    package var perMinute: Int64?
    package var perHour: Int64?
    package var perDay: Int64?
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
    package var perInvocation: Int64?
    package var perMinute: Int64?
    package var perHour: Int64?
    package var perDay: Int64?
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
    package var tokenBudget = TokenBudget()
    package var costBudget = CostBudget()
    /// Tokens.
    package var contextWindow: Int64?
    package var maxActiveDuration: Duration?
    package var maxConcurrent: Int?
    package var actions = ActionLimits()
    /// Where each value was written, by its key: `tokenBudget.perInvocation`.
    package var locations: [String: SourceLocation] = [:]

    package init() {}
}
