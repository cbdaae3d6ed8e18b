/// The span of time to which a limit applies.
package enum BudgetPeriod: String, Sendable, CaseIterable {
    /// All of the account's life: every turn and attempt of an invocation, or everything that a root caused.
    case perInvocation
    /// Sliding, in buckets of a second.
    case minute = "perMinute"
    /// Sliding, in buckets of a minute.
    case hour = "perHour"
    /// Calendar, in the organisation's time zone.
    case day = "perDay"
    /// Calendar, in the organisation's time zone.
    case month = "perMonth"

    /// Whether it is a calendar period: only these have alerts.
    package var isCalendar: Bool { self == .day || self == .month }

    /// `invocation`, `minute`, `hour`, `day` or `month`.
    package var name: String {
        switch self {
        case .perInvocation: "invocation"
        case .minute: "minute"
        case .hour: "hour"
        case .day: "day"
        case .month: "month"
        }
    }

    /// Accepts `day` and `perDay`.
    package init?(name: String) {
        guard let period = Self.allCases.first(where: { $0.name == name || $0.rawValue == name }) else { return nil }
        self = period
    }
}

/// When an account that has no room has some again.
package enum BudgetRelief: Sendable, Hashable {
    /// There is room now.
    case now
    /// When enough has left a sliding window, or a new period begins; calls in progress are not counted.
    case at(Timestamp)
    /// Calls in progress hold the missing room.
    case whenCallsSettle
    /// Only a grant or a higher limit makes room.
    case grant
}
