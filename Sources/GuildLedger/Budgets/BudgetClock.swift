import GuildDomain

/// Budget time: the later of the wall clock and the last budget time in the ledger, so that a step back reopens nothing;
/// and the rules that hold.
struct BudgetClock: Sendable {
    let now: Timestamp
    let rules: BudgetRules
    /// The last entry of the accounts.
    let entry: Int64
    /// Whether any invocation waits for room.
    let hasWaits: Bool
    /// Whether no commit has set the rules yet.
    let isUnset: Bool

    var calendar: PeriodCalendar { PeriodCalendar(zone: rules.zone) }
}
