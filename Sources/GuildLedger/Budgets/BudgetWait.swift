package import GuildDomain

/// The obstacle of an invocation that a budget stopped.
package struct BudgetWait: Sendable, Hashable {
    package let invocation: InvocationID
    /// When it began to wait.
    package let since: Timestamp
    /// The account without room.
    package let account: String
    package let period: BudgetPeriod
    /// `resources.tokenBudget.perDay`, `alerts.red`.
    package let setting: String
    /// Tokens, or micro-dollars if `isMoney`.
    package let limit: Int64
    package let used: Int64
    /// The amount that calls under way hold.
    package let reserved: Int64
    /// The input and the smallest useful reply (`BudgetExceeded.needed`).
    package let needed: Int64
    /// Whether the amounts are micro-dollars rather than tokens.
    package let isMoney: Bool
    /// When there will be room without anyone's doing; nil if a grant or a higher limit is needed.
    package let freesUpAt: Timestamp?
    /// The alert that holds it back; `none` if it waits for room.
    package let alert: AlertLevel
    /// The limit that the whole call requires.
    package let enough: Int64

    private var refusal: BudgetExceeded {
        BudgetExceeded(
            account: account, setting: setting, limit: limit, used: used, reserved: reserved, needed: needed,
            enough: enough, isMoney: isMoney, isPriceUnknown: false, period: period,
            relief: freesUpAt.map { .at($0) } ?? .grant, alert: alert)
    }

    /// For people: the account without room, the limit, and the remedy.
    package var reason: String {
        "room in \(refusal.message)" + (freesUpAt == nil ? "; \(refusal.hint ?? "")" : "")
    }
}
